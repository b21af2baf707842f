"""What a zip file of a model may not hold, and the reason that is given."""

import random
import stat
import warnings
import zipfile

import pytest

from mtl.model.archive import FACTS, HISTORY, LIMITS, WEIGHTS, members, pack
from mtl.model.checkpoint import load_model, save_model


@pytest.fixture(scope="module")
def saved(trained, tmp_path_factory):
    return save_model(trained(epochs=3)[0].best_model, tmp_path_factory.mktemp("archive") / "model")


@pytest.fixture
def archive(saved, tmp_path):
    return pack(saved, tmp_path / "model.zip")


@pytest.fixture
def refusal(encoder, archive):
    """Adds a member to a good archive, and gives back why it is refused."""

    def message(name=None, content=b"x", method=zipfile.ZIP_DEFLATED):
        if name:
            with warnings.catch_warnings(), zipfile.ZipFile(archive, "a") as stream:
                warnings.simplefilter("ignore")  # of names that are there already
                stream.writestr(name, content, method)
        with pytest.raises(ValueError) as error:
            load_model(archive, encoder)
        assert str(error.value).startswith("model.zip is not a model")
        return str(error.value)

    return message


def _flip(archive, change):
    """Changes each header of an archive; `change` gets its bytes and whether it is a central one."""
    content = bytearray(archive.read_bytes())
    for signature, central in ((b"PK\x03\x04", False), (b"PK\x01\x02", True)):
        at = content.find(signature)
        while at >= 0:
            change(content, at, central)
            at = content.find(signature, at + 1)
    archive.write_bytes(content)


def test_what_was_packed_is_as_it_should_be(saved, archive, encoder):
    assert members(archive) == {name: (saved / name).stat().st_size for name in (FACTS, WEIGHTS)}
    assert load_model(archive, encoder).tasks


def test_only_the_model_s_own_files_are_packed(saved, tmp_path):
    (tmp_path / "folder").mkdir()
    for name in (FACTS, WEIGHTS):
        (tmp_path / "folder" / name).write_bytes((saved / name).read_bytes())
    (tmp_path / "folder" / "note.txt").write_text("mine")
    assert set(members(pack(tmp_path / "folder", tmp_path / "model.zip"))) == {FACTS, WEIGHTS}


@pytest.mark.parametrize(
    "name",
    ["/model.json", "../model.json", "..", "model/model.json", "model\\model.json", "C:model.json", "data/"],
)
def test_a_path_is_refused(refusal, name):
    assert f"it holds the path {name!r}: pack the files themselves, without their folder" in refusal(name)


@pytest.mark.parametrize("name", ["note.txt", "MODEL.json", "model.json ", "__init__.py", "model.jsön"])
def test_an_unknown_file_is_refused(refusal, name):
    assert f"it holds {name!r}, which is no part of a model: only model.safetensors, " in refusal(name)


def test_a_name_that_ends_in_secret_is_refused(refusal, archive):
    archive.write_bytes(archive.read_bytes().replace(b"model.json", b"model.js\0n"))
    assert "it holds 'model.js\\x00n', which is no part of a model" in refusal()


@pytest.mark.parametrize("name", ["data.pkl", "model.pt", "pytorch_model.bin", "HEADS.PTH", "x.joblib"])
def test_a_pickle_is_refused_by_its_name(refusal, name):
    assert f"{name!r} is a pickle or the like, which can run code when it is read" in refusal(name)


@pytest.mark.parametrize("start", [b"\x80\x02", b"\x80\x04\x95\x00", b"\x80\x05", b"PK\x03\x04"])
def test_a_pickle_is_refused_by_its_content(refusal, start):
    assert f"{HISTORY} looks like a pickle, which can run code" in refusal(HISTORY, start + b"\x00" * 20)


def test_weights_are_no_pickle_whatever_the_length_of_their_header(encoder, saved, tmp_path):
    content = (saved / WEIGHTS).read_bytes()
    length = int.from_bytes(content[:8], "little")
    wanted = next(n for n in range(length, 0x10000) if n & 0xFF == 0x80 and 2 <= n >> 8 <= 5 or n >> 8 > 5)
    if wanted >> 8 > 5:
        pytest.skip("the header is too long to look like a pickle")
    padded = wanted.to_bytes(8, "little") + content[8 : 8 + length].ljust(wanted) + content[8 + length :]
    (tmp_path / WEIGHTS).write_bytes(padded)
    (tmp_path / FACTS).write_bytes((saved / FACTS).read_bytes())
    assert padded[:1] == b"\x80"
    assert load_model(pack(tmp_path, tmp_path / "model.zip"), encoder).tasks


def test_the_same_name_twice_is_refused(refusal):
    assert f"it holds {FACTS} twice" in refusal(FACTS, b"{}")


def test_a_link_is_refused(refusal):
    info = zipfile.ZipInfo(HISTORY)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert f"'{HISTORY}' is a link: pack the file itself" in refusal(info, b"/etc/passwd")


def test_an_encrypted_member_is_refused(refusal, archive):
    def encrypt(content, at, central):
        content[at + (8 if central else 6)] |= 1

    _flip(archive, encrypt)
    assert "is encrypted: pack it without a password" in refusal()


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_unusual_compression_is_refused(refusal, method):
    assert f"{HISTORY} is compressed in an unusual way: use deflate" in refusal(HISTORY, b"x", method)


@pytest.mark.parametrize("name", sorted(set(LIMITS) - {WEIGHTS, FACTS}))
def test_a_member_that_would_fill_the_memory_is_refused(refusal, name):
    size = LIMITS[name] + 1
    assert f"{name} would unpack to {size:,} bytes: that is no model" in refusal(name, bytes(size))


def test_members_that_would_fill_the_memory_together_are_refused(refusal, archive, limited):
    total = sum(members(archive).values())
    limited(model_bytes=total - 1)
    assert f"it would unpack to {total:,} bytes: that is no model" in refusal()


def test_a_size_that_is_a_lie_is_refused(refusal, archive):
    def pretend(content, at, central):
        place = at + (24 if central else 22)
        content[place : place + 4] = (1000).to_bytes(4, "little")

    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as stream:
        stream.writestr(FACTS, b'{"format": 2}' + b" " * 2**24)
    _flip(archive, pretend)
    assert "model.zip is not a model or is damaged (Bad CRC-32" in refusal()


def test_whatever_is_damaged_there_is_a_reason(archive, encoder):
    good, chance = archive.read_bytes(), random.Random(0)
    for _ in range(150):
        content = bytearray(good)
        for _ in range(chance.choice([1, 3, 20])):
            # Names, sizes and offsets are at both ends.
            place = chance.choice([chance.randrange(400), -1 - chance.randrange(400)])
            content[place] = chance.randrange(256)
        if chance.random() < 0.3:
            del content[chance.randrange(len(content)) :]
        archive.write_bytes(content)
        try:
            load_model(archive, encoder)
        except ValueError:
            pass
