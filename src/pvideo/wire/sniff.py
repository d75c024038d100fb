"""What a file is, by its first bytes: what a server calls it is not believed.

A video, a picture or a sound is what its first bytes prove. Texts have no such bytes: their name is believed where nothing can be
done with it, and a kind that a browser would run or render as a page (html, svg, xml, notebooks, scripts) is kept as ``….html.txt``.
Everything else is ``.bin``. Only what is empty, and a host's error page in place of the file, is none.
"""

from __future__ import annotations

import re
from typing import NamedTuple

ENOUGH = 512
"""So many first bytes are looked at."""


class FileType(NamedTuple):
    """A kind of file that models deliver."""

    content_type: str
    extension: str


_BYTES = FileType("application/octet-stream", ".bin")
_SVG = FileType("image/svg+xml", ".svg.txt")
_ZIP, _TIFF = FileType("application/zip", ".zip"), FileType("image/tiff", ".tiff")
_MP3, _AAC = FileType("audio/mpeg", ".mp3"), FileType("audio/aac", ".aac")
_MP4, _MOV = FileType("video/mp4", ".mp4"), FileType("video/quicktime", ".mov")
_AVIF, _HEIC, _HEIF = FileType("image/avif", ".avif"), FileType("image/heic", ".heic"), FileType("image/heif", ".heif")
_BRANDS = {
    b"qt  ": _MOV,
    **dict.fromkeys((b"M4A ", b"M4B ", b"M4P "), FileType("audio/mp4", ".m4a")),
    **dict.fromkeys((b"avif", b"avis"), _AVIF),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), _HEIC),
    **dict.fromkeys((b"mif1", b"msf1"), _HEIF),
    b"crx ": FileType("image/x-canon-cr3", ".cr3"),
    b"jxl ": FileType("image/jxl", ".jxl"),
}
_STARTS = (
    (b"\x89PNG\r\n\x1a\n", FileType("image/png", ".png")),
    (b"\xff\xd8\xff", FileType("image/jpeg", ".jpg")),
    (b"GIF87a", FileType("image/gif", ".gif")),
    (b"GIF89a", FileType("image/gif", ".gif")),
    *((start, _TIFF) for start in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")),
    (b"v/1\x01", FileType("image/x-exr", ".exr")),
    (b"#?RADIANCE", FileType("image/vnd.radiance", ".hdr")),
    (b"#?RGBE", FileType("image/vnd.radiance", ".hdr")),
    (b"8BPS", FileType("image/vnd.adobe.photoshop", ".psd")),
    (b"\x00\x00\x00\x0cjP  ", FileType("image/jp2", ".jp2")),
    (b"\x00\x00\x00\x0cJXL ", FileType("image/jxl", ".jxl")),
    (b"\xff\x0a", FileType("image/jxl", ".jxl")),
    (b"DDS |\x00\x00\x00", FileType("image/vnd-ms.dds", ".dds")),
    (b"\xabKTX 20\xbb", FileType("image/ktx2", ".ktx2")),
    (b"qoif", FileType("image/qoi", ".qoi")),
    (b"\x00\x00\x01\x00", FileType("image/x-icon", ".ico")),
    (b"FLV\x01", FileType("video/x-flv", ".flv")),
    (b"0&\xb2u\x8ef\xcf\x11", FileType("video/x-ms-wmv", ".wmv")),
    (b"\x00\x00\x01\xba", FileType("video/mpeg", ".mpg")),
    (b"\x00\x00\x01\xb3", FileType("video/mpeg", ".mpg")),
    (b"ID3", _MP3),
    (b"fLaC", FileType("audio/flac", ".flac")),
    (b"OggS", FileType("audio/ogg", ".ogg")),
    (b"caff\x00\x01", FileType("audio/x-caf", ".caf")),
    (b".snd", FileType("audio/basic", ".au")),
    (b"#!AMR", FileType("audio/amr", ".amr")),
    (b"wvPK", FileType("audio/x-wavpack", ".wv")),
    (b"MThd", FileType("audio/midi", ".mid")),
    (b"%PDF-", FileType("application/pdf", ".pdf")),
    (b"PK\x03\x04", _ZIP),
    (b"PK\x05\x06", _ZIP),
    (b"\x1f\x8b\x08", FileType("application/gzip", ".gz")),
    (b"7z\xbc\xaf\x27\x1c", FileType("application/x-7z-compressed", ".7z")),
    (b"Rar!\x1a\x07", FileType("application/vnd.rar", ".rar")),
    (b"\xfd7zXZ\x00", FileType("application/x-xz", ".xz")),
    (b"(\xb5/\xfd", FileType("application/zstd", ".zst")),
    (b"glTF", FileType("model/gltf-binary", ".glb")),
    (b"ply\n", FileType("model/ply", ".ply")),
    (b"ply\r", FileType("model/ply", ".ply")),
    (b"Kaydara FBX Binary", FileType("application/octet-stream", ".fbx")),
    *((start, FileType("application/x-blender", ".blend")) for start in (b"BLENDER-", b"BLENDER_", b"BLENDER17")),
    (b"PXR-USDC", FileType("model/vnd.usd", ".usdc")),
    (b" BDV\x00\x00\x00\x00", FileType("application/octet-stream", ".vdb")),
    (b"\x93NUMPY", FileType("application/octet-stream", ".npy")),
    (b"\x89HDF\r\n\x1a\n", FileType("application/x-hdf5", ".h5")),
    (b"PAR1", FileType("application/vnd.apache.parquet", ".parquet")),
    *((start, FileType("application/octet-stream", ".gguf")) for start in (b"GGUF\x02\x00", b"GGUF\x03\x00")),
)
_RIFF = {
    b"WEBP": FileType("image/webp", ".webp"),
    b"WAVE": FileType("audio/wav", ".wav"),
    b"AVI ": FileType("video/x-msvideo", ".avi"),
}
_BMP, _WEBM, _MKV = FileType("image/bmp", ".bmp"), FileType("video/webm", ".webm"), FileType("video/x-matroska", ".mkv")
_TS, _AIFF, _TAR = FileType("video/mp2t", ".ts"), FileType("audio/aiff", ".aiff"), FileType("application/x-tar", ".tar")
_SAFETENSORS = FileType("application/octet-stream", ".safetensors")
_BMP_HEADS = frozenset({12, 40, 52, 56, 64, 108, 124})
FIRST_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"})
"""What an MP4, a QuickTime film or one of their relatives begins with, after its length."""
_NARROWER = {
    ".zip": frozenset({".usdz", ".npz", ".3mf", ".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".epub", ".kmz", ".cbz", ".ora"}),
    ".tiff": frozenset({".tif", ".dng"}),
    ".gz": frozenset({".tgz"}),
    ".heif": frozenset({".heic"}),
    ".h5": frozenset({".hdf5"}),
    ".mid": frozenset({".midi"}),
}
"""Names that say more closely what first bytes prove."""
_PROVABLE = frozenset(
    {".jpeg", ".m4v", ".m4b", ".3gp", ".mpeg", ".m2ts", ".mts", ".opus", ".oga", ".ogv", ".aif", ".jxr", ".tga"}
    | {kind.extension for _, kind in _STARTS}
    | {kind.extension for kind in (*_BRANDS.values(), *_RIFF.values(), _MP4, _BMP, _WEBM, _MKV, _TS, _AIFF, _TAR, _SAFETENSORS)}
    | {name for names in _NARROWER.values() for name in names}
)
"""Kinds that have first bytes: without them a file is something else, and a text in its place is most likely an error page."""
_NAMED = {
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".srt": "application/x-subrip",
    ".vtt": "text/vtt",
    ".ass": "text/x-ssa",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
    ".tar": "application/x-tar",
    ".gz": "application/gzip",
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
    ".obj": "model/obj",
    ".mtl": "model/mtl",
    ".ply": "model/ply",
    ".stl": "model/stl",
    ".mid": "audio/midi",
    ".aac": "audio/aac",
    ".bmp": "image/bmp",
    ".tiff": "image/tiff",
    ".psd": "image/vnd.adobe.photoshop",
    ".npy": "application/octet-stream",
    ".npz": "application/octet-stream",
    ".bin": "application/octet-stream",
    ".safetensors": "application/octet-stream",
}
"""Kinds that are met by their name."""
_TYPES = {kind: suffix for suffix, kind in reversed(_NAMED.items()) if kind not in {"text/html", "application/octet-stream"}}
_WEB = frozenset({".html", ".htm", ".xhtml", ".xht", ".shtml", ".mhtml", ".mht"})
_PASSIVE = frozenset(_NAMED) - _PROVABLE - _WEB - {".xml", ".svg"}
"""Kinds without first bytes with which nothing can be done: their name is believed."""
_CONTROL = re.compile(rb"[\x00-\x07\x0b\x0e-\x1a\x1c-\x1f]")
"""Bytes that no text holds."""
_SUFFIX = re.compile(r"\.[a-z0-9]{1,11}")
_BEFORE_ROOT = r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*(?:<!doctype[^>]*>\s*)?(?:<!--.*?-->\s*)*"
_SVG_ROOT = re.compile(rf"{_BEFORE_ROOT}<svg[\s>]", re.IGNORECASE | re.DOTALL)
_ERROR_ROOT = re.compile(rf"{_BEFORE_ROOT}<error[\s>/]", re.IGNORECASE | re.DOTALL)
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?(?:-->|\Z)\s*)*"
    r"<(?:!doctype\s+html|html|head|body|title|meta|link|script|style|iframe|center|div|span|table|pre|h[1-6]|p|b|br|a)\b",
    re.IGNORECASE | re.DOTALL,
)


def named_type(name: str, declared: str = "") -> FileType | None:
    """Return what a file is by its name, or by what its host calls it when the name tells nothing; None when neither is known.

    Args:
        name: The last part of its address.
        declared: The host's content type.
    """
    suffix, declared = _suffix(name), _plain(declared)
    if suffix in _NAMED:
        return FileType(_NAMED[suffix], suffix)
    return FileType(declared, _TYPES[declared]) if not suffix and declared in _TYPES else None


def file_type(head: bytes) -> FileType | None:
    """Return what a file is that begins with `head`, or None when its first bytes prove nothing."""
    if head[4:8] == b"ftyp" or (head[:1] == b"\x00" and head[4:8] in {b"moov", b"mdat", b"wide"}):
        return _film(head) if head[4:8] == b"ftyp" else _MOV
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return _MKV if b"matroska" in head[:64] else _WEBM
    if head[:1] == b"\xff" and (frame := _frame(head[1:2])) is not None:
        return frame
    return next((kind for start, kind in _STARTS if head.startswith(start)), None) or _deeper(head)


def judge(head: bytes, name: str, declared: str = "") -> FileType | None:
    """Return what a file is to be kept as; None when it is empty, or an error page in place of the file.

    Args:
        head: Its first `ENOUGH` bytes.
        name: The last part of its address.
        declared: The host's content type.
    """
    proven, suffix, declared = file_type(head), _suffix(name), _plain(declared)
    if proven is not None:
        return proven._replace(extension=suffix) if suffix in _NARROWER.get(proven.extension, ()) else proven
    if not head:
        return None
    text = _text(head)
    if text is None:
        return FileType(_NAMED[suffix], suffix) if suffix in _PASSIVE else _BYTES
    if _SVG_ROOT.match(text):
        return _SVG
    if _is_page(text, suffix, declared):
        return None
    return _kept_text(suffix, declared)


def strangeness(head: bytes) -> str:
    """Say what a file is instead, for the message."""
    if not head:
        return "an empty file"
    text = (_text(head[:ENOUGH]) or "").lstrip()
    if text.startswith("<"):
        return "a web page"
    return "a message" if text.startswith(("{", "[", '"')) else "a text" if text else "an unknown kind of file"


def _film(head: bytes) -> FileType:
    """Return what a file of boxes is, by its brand; a picture's general brand is made clear by those after it."""
    kind = _BRANDS.get(head[8:12], _MP4)
    if kind is not _HEIF:
        return kind
    others = [head[at : at + 4] for at in range(16, min(int.from_bytes(head[:4], "big"), len(head)) - 3, 4)]
    return next((found for found in map(_BRANDS.get, others) if found in {_AVIF, _HEIC}), None) or kind


def _frame(second: bytes) -> FileType | None:
    """Return what begins with a frame of sound, without a tag before it: MPEG's layer III, or AAC."""
    bits = second[0] if second else 0
    return _MP3 if bits & 0xE6 == 0xE2 else _AAC if bits & 0xF6 == 0xF0 else None


def _deeper(head: bytes) -> FileType | None:
    """Return what is proven by bytes that do not stand at the beginning, or not there alone."""
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADS:
        return _BMP
    if head[:4] == b"FORM" and head[8:12] in {b"AIFF", b"AIFC"}:
        return _AIFF
    if head[257:262] == b"ustar":
        return _TAR
    if head[:1] == b"\x47" and head[188:189] == b"\x47" and head[376:377] in {b"\x47", b""}:
        return _TS
    if head[8:10] == b'{"' and int.from_bytes(head[:8], "little") < 1 << 32:
        return _SAFETENSORS
    return None


def _is_page(text: str, suffix: str, declared: str) -> bool:
    """Return whether a text is a host's page or message in place of the file that was asked for."""
    if _HTML.match(text):
        return suffix not in _WEB and (suffix not in _PASSIVE or declared == "text/html")
    if _ERROR_ROOT.match(text):
        return True
    if suffix and suffix not in _PROVABLE:
        return False
    if not suffix and declared in _TYPES:
        return _suffix(_TYPES[declared]) in _PROVABLE
    return text.lstrip().startswith(("<", "{", "[", '"')) or declared.startswith("text/")


def _kept_text(suffix: str, declared: str) -> FileType:
    """Return what a text is kept as: under its own name where that is harmless, else with ``.txt`` behind it."""
    suffix = suffix or _TYPES.get(declared, "")
    if suffix in _PASSIVE:
        return FileType(_NAMED[suffix], suffix)
    # ``.output.json`` is a name of ours, and so is what belongs to it.
    return FileType("text/plain", f"{suffix}.txt") if suffix and suffix not in _PROVABLE | {".output"} else _BYTES


def _text(head: bytes) -> str | None:
    """Return the beginning of a text; None when it is none."""
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return head.decode("utf-16", "ignore").lstrip("\ufeff")
    if _CONTROL.search(head):
        return None
    try:
        return head.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        # A character may be cut in half at the end.
        return head[: problem.start].decode("utf-8-sig") if problem.start > len(head) - 4 and problem.start else None


def _suffix(name: str) -> str:
    found = name[name.rfind(".") :].lower() if "." in name else ""
    return found if _SUFFIX.fullmatch(found) else ""


def _plain(declared: str) -> str:
    return declared.partition(";")[0].strip().lower()
