"""XMP packets that say what a picture is: made by a trained model, not a patient."""

DESCRIPTION = "SYNTHETIC skin image, not a patient"
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
NAMESPACE = "urn:moulage:1.0#"
SPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpNote": "http://ns.adobe.com/xmp/note/",
    "moulage": NAMESPACE,
}
BEGIN, END = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>', '<?xpacket end="w"?>'
SYNTHETIC = (
    f"<Iptc4xmpExt:DigitalSourceType>{SOURCE_TYPE}</Iptc4xmpExt:DigitalSourceType>"
    "<xmp:CreatorTool>Moulage</xmp:CreatorTool><dc:description><rdf:Alt>"
    f'<rdf:li xml:lang="x-default">{DESCRIPTION}</rdf:li></rdf:Alt></dc:description>'
)


def packet(inside: str = "", wrapped: bool = True) -> str:
    """One packet with the properties in `inside`. wrapped: what a file's first packet is, an extended one is not.

    The first packet says that the picture is synthetic (IPTC Photo Metadata 2023.2, Digital Source Type).
    """
    spaces = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in SPACES.items())
    begin, end, said = (BEGIN, END, SYNTHETIC) if wrapped else ("", "", "")
    return (
        f'{begin}<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{SPACES["rdf"]}"><rdf:Description '
        f'rdf:about=""{spaces}>{said}{inside}</rdf:Description></rdf:RDF></x:xmpmeta>{end}'
    )
