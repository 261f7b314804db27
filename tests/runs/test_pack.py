"""Laws of packs: what comes out is what went in, and nothing else can come out."""

import stat
import threading
import zipfile
from contextlib import nullcontext, suppress
from pathlib import Path
from unittest import mock

import pytest

from explorer.errors import ExplorerError
from explorer.runs import folder as folders
from explorer.runs import names, pack
from explorer.system import temporary_files

RECIPE = '[corpus]\nname = "captions"\n'


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A folder with the files of a run; packing looks at no weight."""
    folder = tmp_path / "made" / "my-run"
    folder.mkdir(parents=True)
    (folder / folders.CONFIG).write_text(RECIPE)
    (folder / folders.WEIGHTS).write_bytes(bytes(5000))
    (folder / folders.VOCABULARY).write_text("<pad>\n")
    folders.write_checksums(folder)
    (folder / "corpus.txt").write_text("a sentence nobody may send\n")
    (folder / folders.STATE).mkdir()
    (folder / folders.STATE / "state.safetensors").write_bytes(b"x")
    return folder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def repack(source: Path, out: Path, change) -> Path:
    """Copies an archive; `change` edits its list of (entry, content)."""
    with zipfile.ZipFile(source) as archive:
        entries = [(entry, archive.read(entry)) for entry in archive.infolist()]
    with zipfile.ZipFile(out, "w") as archive:
        for entry, content in change(entries):
            archive.writestr(entry, content)
    return out


def test_a_run_comes_back_as_it_was_without_text_or_state(run: Path, tmp_path: Path) -> None:
    folder = pack.add(pack.pack(run, tmp_path / "run.zip"))
    names = (folders.CONFIG, folders.WEIGHTS, folders.VOCABULARY)
    assert {path.name for path in folder.iterdir()} == {*names, folders.SUMS}
    assert all((folder / name).read_bytes() == (run / name).read_bytes() for name in names)
    assert folder in folders.registered()


def test_equal_runs_give_equal_packs(run: Path, tmp_path: Path) -> None:
    first = pack.pack(run, tmp_path / "a.zip").read_bytes()
    assert pack.pack(run, tmp_path / "b.zip").read_bytes() == first


def test_an_added_folder_stays_where_it_is(run: Path) -> None:
    assert pack.add(run) == run.resolve()
    assert folders.registered() == [run.resolve()]


def test_all_files_of_a_pack_together_have_a_limit(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pack.pack(run, tmp_path / "run.zip")
    monkeypatch.setattr(pack, "LARGEST_PACK", 5000)
    with pytest.raises(ExplorerError, match=r"run\.zip would unpack to 5,\d+ bytes"):
        pack.add(path)


@pytest.mark.parametrize("ending", ["a kill", "an interrupt"])
def test_a_run_that_a_pack_was_about_to_replace_is_put_back_by_whatever_comes_next(
    ending: str, run: Path, tmp_path: Path, home: Path
) -> None:
    """The next command may be another one that works in that folder, and knows no packs."""
    path = pack.pack(run, tmp_path / "run.zip")
    held = pack.add(path)
    (held / folders.CARD).write_text("mine", encoding="utf-8")
    real = Path.rename

    def rename(source: Path, target: Path) -> Path:
        if target == held and source.parent.name != temporary_files.REPLACED:
            raise KeyboardInterrupt
        return real(source, target)

    stopped = mock.patch.object(Path, "rename", rename)
    killed = mock.patch.object(temporary_files, "_put_back", side_effect=OSError)
    with stopped, killed if ending == "a kill" else nullcontext(), suppress(KeyboardInterrupt):
        pack.add(path, force=True)
    if ending == "a kill":
        assert not held.exists()
        with temporary_files.scratch_folder(held.parent):
            pass
    assert (held / folders.CARD).read_text("utf-8") == "mine"
    assert [item.name for item in held.parent.iterdir()] == [held.name]


def test_a_small_pack_of_gigabytes_is_not_unpacked(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand megabytes of zeros pack to one."""
    monkeypatch.setattr(pack, "SMALL_BYTES", 2**16)
    bad = repack(
        pack.pack(run, tmp_path / "run.zip"), tmp_path / "bad.zip", huge(folders.WEIGHTS, 2**25)
    )
    assert bad.stat().st_size < 2**17
    with pytest.raises(ExplorerError, match=r"would unpack to 33,"):
        pack.add(bad)


def test_the_limits_leave_room_for_runs_as_they_are() -> None:
    assert folders.LARGEST.keys() == {*pack.CONTENTS, folders.SUMS}
    for path in Path(__file__).parents[2].glob("checkpoints/*/*"):
        if path.name in folders.LARGEST:
            assert path.stat().st_size * 10 < folders.LARGEST[path.name]


def test_runs_that_are_added_at_once_are_all_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    listed = folders.registered
    other = threading.Thread(target=folders.register, args=[second])

    def slowly() -> list[Path]:
        found = listed()
        if not other.ident:
            other.start()
            other.join(0.5)  # it waits for this one, so it is not done
        return found

    monkeypatch.setattr(folders, "registered", slowly)
    folders.register(first)
    other.join()
    assert listed() == [first, second]


def test_a_second_pack_of_that_name_needs_force(run: Path, tmp_path: Path) -> None:
    path = pack.pack(run, tmp_path / "run.zip")
    pack.add(path)
    with pytest.raises(ExplorerError, match="--force"):
        pack.add(path)
    pack.add(path, force=True)


def test_a_run_that_cannot_be_replaced_stays(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pack.pack(run, tmp_path / "run.zip")
    target = pack.add(path)
    before = {file.name: file.read_bytes() for file in target.iterdir()}
    really = Path.rename

    def refuse(self: Path, to: Path) -> Path:
        if Path(to) == target and self.parent.name != ".replaced":
            raise OSError(28, "No space left on device")
        return really(self, to)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(ExplorerError, match="No space left"):
        pack.add(path, force=True)
    assert {file.name: file.read_bytes() for file in target.iterdir()} == before
    assert not list(target.parent.glob(".tmp*"))


def renamed(name: str):
    def change(entries: list) -> list:
        entries[0][0].filename = name
        return entries

    return change


def as_link(entries: list) -> list:
    entries[0][0].external_attr = (stat.S_IFLNK | 0o777) << 16
    return entries


def changed(entries: list) -> list:
    return [(entry, content + b"#") for entry, content in entries]


def huge(name: str, size: int):
    def change(entries: list) -> list:
        found = next(entry for entry, _ in entries if entry.filename.endswith(name))
        return [(entry, bytes(size) if entry is found else text) for entry, text in entries]

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (renamed("../config.toml"), "not a pack|is not a valid"),
        (renamed("/my-run/config.toml"), "not a pack"),
        (renamed("my-run/../../config.toml"), "not a pack"),
        (renamed("my-run\\config.toml"), "not a pack"),
        (renamed("my-run/run.py"), "not a pack"),
        (renamed("other/config.toml"), "not a pack"),
        (as_link, "regular file"),
        (changed, "does not match|is missing or"),
        (huge(folders.SUMS, 100_000), "would unpack to"),
        (huge(folders.CONFIG, 2**20 + 1), "would unpack to"),
        (huge(folders.VOCABULARY, 2**24 + 1), "would unpack to"),
        (lambda entries: entries[1:], "not a pack"),
        (lambda entries: [entries[0], *entries[2:]], "incomplete"),
        (lambda entries: entries[:-1], "not a pack"),
    ],
)
def test_an_archive_with_tricks_leaves_nothing_behind(
    change, message: str, run: Path, tmp_path: Path, home: Path
) -> None:
    bad = repack(pack.pack(run, tmp_path / "run.zip"), tmp_path / "bad.zip", change)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ExplorerError, match=message):
        pack.add(bad)
    after = [path for path in sorted(tmp_path.rglob("*")) if path not in (home, home / "runs")]
    assert after == before


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_pack_that_would_swell_before_it_is_counted_is_not_opened(
    compression: int, run: Path, tmp_path: Path
) -> None:
    def swollen(entries: list) -> list:
        entries[0][0].compress_type = compression
        return entries

    bad = repack(pack.pack(run, tmp_path / "run.zip"), tmp_path / "bad.zip", swollen)
    with pytest.raises(ExplorerError, match="uses a compression"):
        pack.add(bad)


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_cut_pack_is_refused(share: float, run: Path, tmp_path: Path) -> None:
    path = pack.pack(run, tmp_path / "run.zip")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ExplorerError, match=r"run\.zip"):
        pack.add(path)


def test_a_link_out_of_the_folder_is_not_packed(run: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("not for sending")
    (run / folders.CARD).symlink_to(secret)
    with pytest.raises(ExplorerError, match="link to a file elsewhere"):
        pack.pack(run, tmp_path / "run.zip")


def _figures(rate: str = "1.0", verdict: str = "healthy", why: str = "It is.") -> str:
    said = f'"verdict": "{verdict}", "verdict_in_words": "{why}", "command": "explorer evaluate x"'
    return f'{{{said}, "rate": {{"value": {rate}}}}}'


@pytest.mark.parametrize(
    "content",
    [
        "[1]",
        "null",
        '{"rate": 3}',
        _figures(rate="NaN"),
        _figures(rate="1e999"),
        _figures(rate="1" + "0" * 400),
        _figures(rate="true"),
        _figures(verdict="\\u001b[31m"),
    ],
)
def test_a_run_with_odd_figures_is_not_added(content: str, run: Path) -> None:
    (run / folders.METRICS).write_text(content)
    folders.write_checksums(run)
    with pytest.raises(ExplorerError, match=r"metrics\.json is damaged"):
        pack.add(run)


@pytest.mark.parametrize("place", range(0, 400, 7))
def test_a_pack_with_a_wrong_byte_is_refused_or_holds_the_run(
    place: int, run: Path, tmp_path: Path
) -> None:
    path = pack.pack(run, tmp_path / "run.zip")
    content = bytearray(path.read_bytes())
    content[place] ^= 0x5A
    path.write_bytes(content)
    try:
        folder = pack.add(path)
    except ExplorerError as error:
        assert "\n" not in str(error)
    else:  # a byte that says nothing, such as a date's
        assert (folder / folders.WEIGHTS).read_bytes() == (run / folders.WEIGHTS).read_bytes()


def test_a_damaged_or_untrained_run_is_not_packed(run: Path, tmp_path: Path) -> None:
    (run / folders.WEIGHTS).write_bytes(b"changed")
    with pytest.raises(ExplorerError, match="checksum"):
        pack.pack(run, tmp_path / "run.zip")
    (run / folders.WEIGHTS).unlink()
    with pytest.raises(ExplorerError, match="not trained"):
        pack.pack(run, tmp_path / "run.zip")
    assert not (tmp_path / "run.zip").exists()


@pytest.mark.parametrize("name", ["my", "captions-smooth", "Läufe_2", "1.5"])
def test_ordinary_names_are_names(name: str) -> None:
    assert names.check_name(name) == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".git", "-x", "a/b", "a\\b", "a b", "con", "NUL.txt", "x.", "a" * 65]
)
def test_names_with_tricks_are_refused(name: str) -> None:
    with pytest.raises(ExplorerError, match="is not a valid"):
        names.check_name(name)


def test_a_name_goes_below_the_root_and_a_path_where_it_says(tmp_path: Path) -> None:
    assert names.new_folder("my", tmp_path) == tmp_path / "my"
    assert names.new_folder("./my", tmp_path) == Path("my")
    with pytest.raises(ExplorerError, match="is not a valid"):
        names.new_folder("../..", tmp_path)
