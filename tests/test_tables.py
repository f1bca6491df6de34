"""One reader of tables: any program's CSV is the same rows; what is wrong is refused by its line."""

import codecs

import pytest
from phantoms import write

from engine import service
from engine.data.readers import isic, registry
from engine.data.tables import columns, rows
from engine.errors import EngineError

PLAIN = "image_id,melanoma,note\nISIC_1,1.0,a b\nISIC_2,0.0,\n"
WRITTEN = {
    "semicolons": PLAIN.replace(",", ";").encode(), "tabs": PLAIN.replace(",", "\t").encode(),
    "quotes": b'"image_id","melanoma","note"\n"ISIC_1","1.0","a b"\n"ISIC_2","0.0",""\n',
    "blanks": b"image_id , melanoma, note\n ISIC_1, 1.0 , a b \nISIC_2,0.0,\n\n  \n",
    "BOM": codecs.BOM_UTF8 + PLAIN.encode(), "UTF-16": PLAIN.encode("utf-16"), "UTF-16 without BOM": PLAIN.encode("utf-16-le"),
    "CRLF": PLAIN.replace("\n", "\r\n").encode(), "an index": b",image_id,melanoma,note\n0,ISIC_1,1.0,a b\n1,ISIC_2,0.0,\n",
    "a named index": b"Unnamed: 0,image_id,melanoma,note\n0,ISIC_1,1.0,a b\n1,ISIC_2,0.0,\n",
    "empty cells behind": b"image_id,melanoma,note\nISIC_1,1.0,a b,,\nISIC_2,0.0,,\n",
}  # fmt: skip


def written(tmp_path, data):
    (tmp_path / "a.csv").write_bytes(data if isinstance(data, bytes) else data.encode())
    return tmp_path / "a.csv"


@pytest.mark.parametrize("kind", WRITTEN)
def test_any_programs_table_is_the_same_rows(tmp_path, kind):
    found = rows(written(tmp_path, WRITTEN[kind]), ("image_id", "melanoma"))

    assert [dict(row) for row in found] == [
        {"image_id": "ISIC_1", "melanoma": "1.0", "note": "a b"}, {"image_id": "ISIC_2", "melanoma": "0.0", "note": ""},
    ]  # fmt: skip
    assert found[0].number("melanoma") == 1
    assert [name for name in columns(tmp_path / "a.csv") if name][-3:] == ["image_id", "melanoma", "note"]


@pytest.mark.parametrize(("text", "words"), [
    ("image_id,melanoma\nISIC_1,1\nISIC_2\n", r"a\.csv, line 3 has 1 cells; its header has 2"),
    ("image_id,melanoma\nISIC_1,1,7\n", r"a\.csv, line 2 has 3 cells; its header has 2"),
    ("image_id,melanoma\nISIC_1,nan\n", r"a\.csv, line 2: melanoma is 'nan'"),
    ("image_id,melanoma\nISIC_1,1\nISIC_2,-inf\n", r"a\.csv, line 3: melanoma is '-inf'"),
    ("picture,melanoma\nISIC_1,1\n", "has the columns picture, melanoma; one of image_id"),
    ("image_id,melanoma,melanoma\nISIC_1,1,0\n", "the column 'melanoma' twice"),
    ("image_id,melanoma\nISIC_1,1\nISIC_1.jpg,0\n", r"line 3 names ISIC_1\.jpg for the second time"),
    (b"image_id,melanoma\nISIC_1,1\nISIC_\xe4,0\n", "line 3 is no UTF-8"),
    ("image,MEL,NV\nISIC_1,1,1\n", "line 2: MEL and NV are both 1"),
])  # fmt: skip
def test_a_wrong_label_file_is_refused_by_its_line(tmp_path, text, words):
    with pytest.raises(EngineError, match=words):
        list(map(isic.numbers, isic.read_labels(written(tmp_path, text)).values()))


def test_one_hot_columns_are_diagnoses_and_ids_may_have_suffixes(tmp_path):
    write(tmp_path / "set", 4)
    table = "image,MEL,NV,BCC,AK,BKL,DF,VASC,SCC,UNK\n"
    ids = ("ISIC_9000000.jpg", "isic_9000001", "ISIC_9000002_downsampled", "ISIC_9000003")
    places = (0, 1, 7, 8)
    table += "".join(
        f"{one},{','.join('1.0' if place == i else '0.0' for i in range(9))}\n"
        for one, place in zip(ids, places, strict=True)
    )

    found = registry.read(tmp_path / "set", written(tmp_path, table), registry.ALL).records

    assert [r.diagnosis for r in found] == ["melanoma", "melanocytic nevus", "squamous cell carcinoma", None]


def test_a_label_file_of_other_photos_shows_an_id_of_each_side(tmp_path):
    write(tmp_path / "set", 3)
    labels = written(tmp_path, "image_id,melanoma\nPAT_1,1\nPAT_2,0\n")

    for read in (lambda: registry.read(tmp_path / "set", labels, registry.ALL),
                 lambda: isic.read(tmp_path / "set", labels, "isic2017")):  # fmt: skip
        with pytest.raises(EngineError, match=r"names none of the photos .*such as PAT_1, .*such as ISIC_9000000"):
            read()
    (name, sentence), *_ = service.run(service.CheckRequest(tmp_path / "set", labels)).problems
    assert name == "a.csv"
    assert "names none of the photos" in sentence
