"""The nearest real photo: found among many, as near as a brute-force look says, kept across stops, told where absent."""

import numpy as np
import pytest
from phantoms import write
from PIL import Image

from engine import service
from engine.errors import EngineError
from engine.evaluate import neighbours
from engine.photos.reading import load_picture
from engine.stores import photo_indexes


def embed(pictures):
    """Colour means per quarter: enough to tell phantoms apart, without a network."""
    rows = [[p[y::2, x::2].mean(axis=(0, 1)) for y in (0, 1) for x in (0, 1)] for p in pictures]
    flat = np.array(rows, np.float32).reshape(len(pictures), -1) - 120
    return flat / np.linalg.norm(flat, axis=1, keepdims=True)


@pytest.fixture
def photos(tmp_path):
    random = np.random.default_rng(0)
    found = []
    for i in range(40):
        path = tmp_path / f"{i}.png"
        Image.fromarray(
            (random.integers(0, 256, 3) + random.normal(0, 3, (8, 8, 3))).clip(0, 255).astype(np.uint8)
        ).save(path)
        found.append((f"photo {i}", path))
    return found


def test_a_photo_is_its_own_nearest_and_every_share_is_the_brute_force_one(photos, tmp_path):
    index = photo_indexes.build("set", photos, tmp_path / "a.npz", embed=embed)
    all_of_them = embed([load_picture(path) for _, path in photos]).astype(np.float16).astype(np.float32)
    similar = all_of_them @ all_of_them.T
    np.fill_diagonal(similar, -1)

    for place, (name, path) in enumerate(photos):
        found = index.nearest(all_of_them[place])
        assert (found.id, found.path, found.data) == (name, path, "set")
        assert found.similarity == pytest.approx(1, abs=1e-2)
        assert found.as_near == pytest.approx((similar.max(axis=1) >= found.similarity).mean(), abs=0.03)


def test_what_was_embedded_is_not_embedded_again_and_a_new_file_is(photos, tmp_path):
    out, seen = tmp_path / "a.npz", []

    def counted(pictures):
        seen.append(len(pictures))
        return embed(pictures)

    photo_indexes.build("set", photos[:30], out, embed=counted)
    assert sum(seen) == 2 * 30  # whole and square
    Image.fromarray(np.full((8, 8, 3), 200, np.uint8)).save(photos[0][1])
    photo_indexes.build("set", photos, out, embed=counted)
    assert sum(seen) == 2 * (30 + 11)
    assert photo_indexes.load(out).ids == tuple(name for name, _ in photos)


def test_a_stopped_try_keeps_what_it_had(photos, tmp_path, monkeypatch):
    monkeypatch.setattr(photo_indexes, "BATCH", 4)
    monkeypatch.setattr(photo_indexes, "KEEP_EVERY", 2)
    out, calls = tmp_path / "a.npz", []

    def dying(pictures):
        calls.append(len(pictures))
        if len(calls) == 6:
            raise KeyboardInterrupt
        return embed(pictures)

    with pytest.raises(KeyboardInterrupt):
        photo_indexes.build("set", photos, out, embed=dying)
    assert len(photo_indexes.load(out).ids) == 20
    photo_indexes.build("set", photos, out, embed=dying)
    assert sum(calls[6:]) == 2 * 20


def test_an_unreadable_photo_is_named_and_left_out_and_too_many_stop_with_the_others_kept(
    photos, tmp_path, monkeypatch
):
    monkeypatch.setattr(photo_indexes, "BATCH", 4)
    photos[9][1].write_bytes(b"no picture")
    out = tmp_path / "a.npz"

    index = photo_indexes.build("set", photos, out, embed=embed)
    assert len(index.ids) == 39
    assert index.left_out[0].startswith("9.png is no picture")
    photos[17][1].unlink()
    photos[18][1].write_bytes(b"")
    out.unlink()
    with pytest.raises(EngineError, match=r"3 of 40 photos cannot be used, more than 5%; 9\.png is no picture"):
        photo_indexes.build("set", photos, out, embed=embed)
    assert len(photo_indexes.load(out).ids) == 15


def test_a_copy_of_a_photos_centre_square_finds_it(lite0, tmp_path):
    neighbours._network.cache_clear()
    random = np.random.default_rng(2)
    files = []
    for i in range(12):
        small = random.integers(0, 256, (6, 16, 3)).astype(np.uint8)
        Image.fromarray(small).resize((256, 96), Image.Resampling.BICUBIC).save(tmp_path / f"{i}.png")
        files.append((str(i), tmp_path / f"{i}.png"))
    index = photo_indexes.build("set", files, tmp_path / "a.npz")
    copies = [neighbours.views(load_picture(path))[1] for _, path in files]
    found = [index.nearest(row) for row in neighbours.embedded(copies)]
    neighbours._network.cache_clear()

    assert [one.id for one in found] == [name for name, _ in files]
    assert min(one.similarity for one in found) > 0.999


@pytest.mark.parametrize("damage", [b"", b"no archive", None])
def test_a_damaged_index_is_made_anew(photos, tmp_path, damage):
    out = tmp_path / "a.npz"
    photo_indexes.build("set", photos, out, embed=embed)
    out.write_bytes(out.read_bytes()[:100] if damage is None else damage)

    assert photo_indexes.load(out) is None
    assert len(photo_indexes.build("set", photos, out, embed=embed).ids) == 40


def test_an_embedding_has_length_one_and_does_not_depend_on_its_neighbours(lite0):
    neighbours._network.cache_clear()
    random = np.random.default_rng(1)
    pictures = [random.integers(0, 256, (60 + 10 * i, 80, 3)).astype(np.uint8) for i in range(3)]

    together = neighbours.embedded(pictures)
    alone = neighbours.embedded(pictures[1:2])
    neighbours._network.cache_clear()

    assert together.shape == (3, neighbours.FEATURES)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-4)
    assert np.abs(together[1] - alone[0]).max() < 1e-4


def test_a_folder_is_indexed_once_and_the_nearest_looks_at_every_index(lite0, tmp_path, monkeypatch):
    neighbours._network.cache_clear()
    monkeypatch.setattr(photo_indexes, "index_folder", lambda: tmp_path / "indexes")
    write(tmp_path / "one", 3)
    write(tmp_path / "two", 3, seed=5)
    nearest = service.Nearest()
    photo = load_picture(next((tmp_path / "two").rglob("*Input/ISIC_*.*")))
    assert nearest.of(photo) is None

    made = [service.run(service.IndexRequest(tmp_path / name)) for name in ("one", "two")]
    found = nearest.of(photo)
    neighbours._network.cache_clear()

    assert [one.photos for one in made] == [3, 3]
    assert found.data == "two"
    assert np.array_equal(load_picture(found.path), photo)
    with pytest.raises(EngineError, match="is no folder"):
        service.run(service.IndexRequest(tmp_path / "none"))
