"""``ieee2030-5 store``: what an operator types and reads."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import sqlite3
import string
import subprocess
import sys
import tempfile
from bisect import bisect
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ieee2030_5_agent.cli.main import main
from ieee2030_5_agent.store.archive import export
from ieee2030_5_agent.store.database import Database
from ieee2030_5_agent.store.errors import StoreError
from ieee2030_5_agent.store.journal import Batch

ROWS = [
    ("device", "000000000019", '{"number":0}'),
    ("fsa", "a/b", '{"name":"a/b ü"}'),
    ("resource", "000000000019/DERStatus/1", '{"class":"DERStatus","fields":{}}'),
]

# Python's own limit is a thousand.
DEEP = '{"a":' * 100_000 + "{}" + "}" * 100_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "store.sqlite"
    database = Database(path)
    database.write(Batch(put=ROWS))
    database.close()
    return path


def run(file: Path, *args: str, given: str | None = None) -> Result:
    return CliRunner().invoke(main, ["store", "--file", str(file), *args], input=given)


def rows(path: Path) -> list[Any]:
    database = Database(path)
    try:
        return sorted(database.read())
    finally:
        database.close()


def test_sizes(file: Path) -> None:
    lines = run(file, "sizes").output.splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["kind", "records", "kB"],
        ["device", "1", "0.0"],
        ["fsa", "1", "0.0"],
    ]
    assert lines[-2].split() == ["all", "3", "0.1"]


def test_what_is_exported_comes_back(file: Path, tmp_path: Path) -> None:
    lines = run(file, "export").output
    assert json.loads(lines.splitlines()[0]) == {"format": "ieee2030_5 store", "version": 1}
    other = tmp_path / "new" / "store.sqlite"
    assert run(other, "import", given=lines).output == f"{other}: 3 records\n"
    assert rows(other) == sorted(ROWS)


def test_only_the_owner_may_read_what_is_exported(file: Path, tmp_path: Path) -> None:
    output = tmp_path / "store.jsonl"
    assert run(file, "export", str(output)).exit_code == 0
    assert len(output.read_text().splitlines()) == len(ROWS) + 2
    assert output.stat().st_mode & 0o777 == 0o600


def test_an_export_that_fails_leaves_the_last_good_one(file: Path, tmp_path: Path) -> None:
    output = tmp_path / "store.jsonl"
    assert run(file, "export", str(output)).exit_code == 0
    good = output.read_text()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE records SET sum = sum + 1 WHERE kind = 'resource'")
    result = run(file, "export", str(output))
    assert result.exit_code == 1
    assert "is not as it was written" in result.output
    assert output.read_text() == good
    assert list(tmp_path.glob("tmp*")) == []


def test_an_export_writes_nothing_that_is_no_json(file: Path) -> None:
    database = Database(file)
    database.write(Batch(put=[("contact", "1", '{"last_contact":NaN}')]))
    database.close()
    result = run(file, "export")
    assert result.exit_code == 1
    assert f"{file}: the record contact 1: NaN is no number of JSON" in result.output


def test_an_export_tells_of_a_record_that_is_nested_too_deeply(file: Path) -> None:
    database = Database(file)
    database.write(Batch(put=[("contact", "1", DEEP)]))
    database.close()
    result = run(file, "export")
    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == (
        f"Error: {file}: the record contact 1: nested too deeply"
    )


def test_what_is_nested_almost_too_deeply_is_taken_or_told_in_one_line(tmp_path: Path) -> None:
    """What can just be read may be too deep to be written, which takes more calls of Python's."""

    def archive(depth: int) -> str:
        document = f'{{"a":{"[" * depth}{"]" * depth}}}'
        record = f'{{"kind":"device","key":"1","document":{document}}}'
        return f'{{"format":"ieee2030_5 store","version":1}}\n{record}\n{{"records":1}}\n'

    def imported(depth: int) -> Result:
        return run(tmp_path / f"{depth}.sqlite", "import", "--replace", given=archive(depth))

    refused = bisect(range(1000), 0, key=lambda depth: imported(depth).exit_code)
    told = set()
    for depth in range(refused - 20, refused + 20):
        result = imported(depth)
        if result.exit_code == 0:
            result = run(tmp_path / f"{depth}.sqlite", "export")
        told.add("whole" if result.output == archive(depth) else result.output.split(": ", 1)[1])
    assert {"whole", "line 2: nested too deeply\n"} <= told
    assert all(each == "whole" or each.endswith("nested too deeply\n") for each in told)


def test_an_export_replaces_only_files(file: Path, tmp_path: Path) -> None:
    """A pipe stays a pipe, a link a link."""
    pipe, kept, link = (tmp_path / name for name in ("pipe", "kept", "link"))
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    kept.write_text("")
    kept.chmod(0o640)
    link.symlink_to(kept)
    for output in (pipe, link):
        assert run(file, "export", str(output)).exit_code == 0
    assert pipe.is_fifo()
    assert os.read(reader, 2**16) == kept.read_bytes() != b""
    os.close(reader)
    assert link.readlink() == kept
    assert kept.stat().st_mode & 0o777 == 0o640


def test_a_full_temporary_folder_is_told_in_one_line(file: Path, tmp_path: Path) -> None:
    database = Database(file)
    database.write(Batch(put=[("device", str(number), "{}") for number in range(5000)]))
    database.close()
    output = tmp_path / "store.jsonl"
    output.write_text("good")
    result = _run_with_small_files(tmp_path, file, "export", str(output))
    assert result.returncode == 1
    assert result.stderr.splitlines() == [f"Error: {tempfile.gettempdir()}: File too large"]
    assert output.read_text() == "good"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("nowhere/b.jsonl", "No such file or directory"),
        ("file/b.jsonl", "Not a directory"),
        ("link.jsonl", "No such file or directory"),
    ],
)
def test_an_output_that_cannot_be_made_is_named_as_it_was_given(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, expected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    (tmp_path / "link.jsonl").symlink_to("nowhere/b.jsonl")
    result = run(file, "export", output)
    assert result.exit_code == 1
    assert result.output == f"Error: {output}: {expected}\n"


def test_an_output_that_cannot_be_replaced_is_named_as_it_was_given(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(new: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted", str(new), None, str(target))

    monkeypatch.setattr(Path, "replace", refused)
    output = tmp_path / "b.jsonl"
    assert run(file, "export", str(output)).output == f"Error: {output}: Operation not permitted\n"
    assert list(tmp_path.glob("tmp*")) == []


@pytest.mark.parametrize("name", ["", "-wal", "-shm", "-journal", ".lock", ".salvaged"])
@pytest.mark.parametrize("given", ["as it is", "by a link", "by a link to the folder", "in part"])
def test_no_file_of_the_store_is_replaced_by_an_export(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, given: str
) -> None:
    """Whether it is there or not, and whether an agent has it open or not."""
    monkeypatch.chdir(tmp_path)
    own = file.with_name(file.name + name)
    (tmp_path / "folder").symlink_to(tmp_path)
    (tmp_path / "link").symlink_to(own)
    output = {
        "as it is": own,
        "by a link": tmp_path / "link",
        "by a link to the folder": tmp_path / "folder" / own.name,
        "in part": Path(own.name),
    }[given]
    database = Database(file)
    try:
        before = {each: each.read_bytes() for each in tmp_path.glob("store.sqlite*")}
        result = run(file, "export", str(output))
        assert result.exit_code == 1
        assert result.output == f"Error: {output} belongs to the store itself\n"
        assert {each: each.read_bytes() for each in tmp_path.glob("store.sqlite*")} == before
        database.write(Batch(put=[("contact", "1", "{}")]))
    finally:
        database.close()
    assert len(rows(file)) == len(ROWS) + 1


def test_an_export_may_lie_beside_the_store_and_be_called_like_it(file: Path) -> None:
    folder = file.with_name("backup")
    folder.mkdir()
    for output in (file.with_name("store.sqlite.jsonl"), folder / file.name):
        assert run(file, "export", str(output)).exit_code == 0
        assert len(output.read_text().splitlines()) == len(ROWS) + 2


@pytest.mark.parametrize("command", ["export", "sizes"])
def test_a_full_output_is_told_in_one_line(file: Path, tmp_path: Path, command: str) -> None:
    (tmp_path / "stdout").write_bytes(bytes(100_000))
    result = _run_with_small_files(tmp_path, file, command)
    assert result.returncode == 1
    assert result.stderr.splitlines() == ["Error: File too large"]


def _run_with_small_files(folder: Path, file: Path, *args: str) -> subprocess.CompletedProcess[str]:
    with (folder / "stdout").open("a") as stdout:
        return subprocess.run(
            [sys.executable, "-m", "ieee2030_5_agent.cli", "store", "--file", str(file), *args],
            preexec_fn=_small_files,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )


def _small_files() -> None:
    """The system stops a file at 100 kB, as a full disk would."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


def test_a_store_in_use_can_be_read_and_not_changed(file: Path) -> None:
    database = Database(file)
    try:
        assert run(file, "sizes").exit_code == run(file, "export").exit_code == 0
        for command in ("compact", "import"):
            archive = '{"format":"ieee2030_5 store","version":1}\n{"records":0}\n'
            result = run(file, command, given=archive)
            assert result.exit_code == 1
            assert "is in use by another agent" in result.output
    finally:
        database.close()


def test_an_export_that_is_read_slowly_does_not_make_the_log_grow(file: Path) -> None:
    """`store export | less`: SQLite keeps in the log whatever comes after the oldest reader."""
    database = Database(file)
    try:
        lines = export(file)
        read = [next(lines), next(lines)]
        for letter in string.ascii_letters:
            database.write(Batch(put=[("device", "large", json.dumps({"a": letter * 10**6}))]))
        assert file.with_name(f"{file.name}-wal").stat().st_size < 10**7
        assert json.loads([*read, *lines][-1]) == {"records": len(ROWS)}
    finally:
        database.close()


def test_nothing_is_replaced_by_accident(file: Path) -> None:
    lines = run(file, "export").output
    result = run(file, "import", given=lines)
    assert (result.exit_code, rows(file)) == (1, sorted(ROWS))
    assert "holds 3 records, nothing was changed" in result.output
    shorter = "\n".join([*lines.splitlines()[:2], '{"records": 1}'])
    assert run(file, "import", "--replace", given=shorter).exit_code == 0
    assert rows(file) == [ROWS[0]]


def _no_database(file: Path) -> None:
    file.write_bytes(b"no database" * 1000)


def _wrong_record(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE records SET sum = sum + 1 WHERE kind = 'resource'")


def _gone_without_its_log(file: Path) -> None:
    file.rename(file.with_name(f"{file.name}-wal"))


@pytest.mark.parametrize("damage", [_no_database, _wrong_record, _gone_without_its_log])
def test_a_damaged_file_is_set_aside_when_it_is_to_be_replaced(
    file: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    lines = run(file, "export").output
    damage(file)
    contents = _contents(tmp_path)
    refused = run(file, "import", given=lines)
    assert refused.exit_code == 1
    assert f"Error: {file}" in refused.output
    assert _contents(tmp_path) == contents
    result = run(file, "import", "--replace", given=lines)
    assert (result.exit_code, rows(file)) == (0, sorted(ROWS))
    asides = sorted(tmp_path.glob("store.damaged-*"))
    assert [each.read_bytes() for each in asides] == list(contents.values())
    name = asides[0].name.removesuffix("-wal")
    assert result.output.splitlines() == [
        f"{file}: 3 records",
        f"it was damaged, and is kept as {name}",
    ]
    assert list(tmp_path.glob("*.new*")) == []


def _contents(folder: Path) -> dict[str, bytes]:
    """The store's file and its log."""
    files = (folder / name for name in ("store.sqlite", "store.sqlite-wal"))
    return {each.name: each.read_bytes() for each in files if each.exists()}


def test_a_damaged_file_that_cannot_be_replaced_stays_as_it_was(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = run(file, "export").output
    _no_database(file)
    contents = _contents(tmp_path)

    def full(database: Database, batch: Batch) -> None:
        raise StoreError("there is no room")

    monkeypatch.setattr(Database, "write", full)
    result = run(file, "import", "--replace", given=lines)
    assert (result.exit_code, result.output) == (1, "Error: there is no room\n")
    assert _contents(tmp_path) == contents
    assert [*tmp_path.glob("store.damaged-*"), *tmp_path.glob("*.new*")] == []


def test_a_file_of_a_newer_version_is_not_replaced(file: Path) -> None:
    lines = run(file, "export").output
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("PRAGMA user_version = 9")
    before = file.read_bytes()
    result = run(file, "import", "--replace", given=lines)
    assert result.exit_code == 1
    assert "is of version 9" in result.output
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", "line 3: Expecting value"),
        ("[]", "line 3: an object is expected"),
        ('{"kind": "device"}', "line 3: kind, key and document are expected"),
        (
            '{"kind": "toaster", "key": "1", "document": {}}',
            "line 3: 'toaster' is none of counter, fsa",
        ),
        (
            '{"kind": "device", "key": "000000000019", "document": {}}',
            "line 3: there is a device 000000000019 already",
        ),
        ('{"kind": "device", "key": "\\ud800", "document": {}}', "line 3: this is no text"),
        ('{"kind": "device", "key": "1", "document": {"a": "\\ud800"}}', "line 3: this is no text"),
        (
            '{"kind": "contact", "key": "1", "document": {"last_contact": NaN}}',
            "line 3: NaN is no number of JSON",
        ),
        (
            '{"kind": "contact", "key": "1", "document": {"last_contact": -Infinity}}',
            "line 3: -Infinity is no number of JSON",
        ),
        (
            '{"kind": "contact", "key": "1", "document": {"last_contact": 1e999}}',
            "line 3: Out of range float values are not JSON compliant",
        ),
        (f'{{"kind": "device", "key": "1", "document": {DEEP}}}', "line 3: nested too deeply"),
        (f'{{"kind": {DEEP}, "key": "1", "document": {{}}}}', "line 3: nested too deeply"),
        (DEEP, "line 3: nested too deeply"),
        (
            f'{{"kind": "device", "key": "1", "document": {{"number": {"1" * 5000}}}}}',
            "line 3: Exceeds the limit (4300 digits)",
        ),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_imported(
    file: Path, tmp_path: Path, line: str, expected: str
) -> None:
    lines = run(file, "export").output.splitlines()
    other = tmp_path / "other.sqlite"
    result = run(other, "import", given="\n".join([*lines[:2], line, ""]))
    assert result.exit_code == 1
    assert expected in result.output
    assert len(result.output.splitlines()) == 1
    assert not other.exists()


@pytest.mark.parametrize(
    ("kept", "end", "expected"),
    [
        (3, [], "cut off after 2 records: the last line is missing"),
        (1, [], "cut off after 0 records: the last line is missing"),
        (3, ['{"records":3}'], "line 4: 3 records are said to be here, and 2 are"),
        (4, ['{"records":"3"}'], "line 5: '3' records are said to be here, and 3 are"),
        (4, ['{"records":3}', '{"records":3}'], "line 5: there is more after the last line"),
        (4, ['{"rec'], "line 5: "),
    ],
    ids=["cut off", "nothing but a head", "a line is missing", "no number", "two", "half a line"],
)
def test_an_archive_that_is_not_whole_is_refused(
    file: Path, tmp_path: Path, kept: int, end: list[str], expected: str
) -> None:
    lines = run(file, "export").output.splitlines()
    other = tmp_path / "other.sqlite"
    result = run(other, "import", given="\n".join([*lines[:kept], *end]))
    assert result.exit_code == 1
    assert expected in result.output
    assert not other.exists()


def test_what_is_no_text_is_no_archive(tmp_path: Path) -> None:
    source = tmp_path / "archive"
    source.write_bytes(b"\xff\xfe\n")
    result = run(tmp_path / "other.sqlite", "import", str(source))
    assert result.exit_code == 1
    assert result.output.startswith("Error: 'utf-8' codec can't decode byte 0xff")


@pytest.mark.parametrize("command", ["sizes", "export"])
@pytest.mark.parametrize(
    ("version", "expected"), [(9, "is of version 9, this program is older"), (0, "is no store")]
)
def test_a_file_of_another_layout_is_named(
    tmp_path: Path, command: str, version: int, expected: str
) -> None:
    file = tmp_path / "store.sqlite"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE other (name TEXT)")
        connection.execute(f"PRAGMA user_version = {version}")
    result = run(file, command)
    assert result.exit_code == 1
    assert result.output == f"Error: {file} {expected}\n"


@pytest.mark.parametrize("head", ["{}", '{"format":"ieee2030_5 store","version":2}', ""])
def test_what_is_no_archive_is_refused(tmp_path: Path, head: str) -> None:
    result = run(tmp_path / "other.sqlite", "import", given=f"{head}\n")
    assert result.exit_code == 1
    assert "line 1: " in result.output


def test_compacting_gives_room_back(file: Path) -> None:
    database = Database(file)
    many = [("device", str(number), "{}" * 500) for number in range(1000)]
    database.write(Batch(put=many))
    database.write(Batch(removed=[(kind, key) for kind, key, _ in many]))
    database.close()
    before = file.stat().st_size
    assert run(file, "compact").exit_code == 0
    assert file.stat().st_size < before / 10
    assert rows(file) == sorted(ROWS)


@pytest.mark.parametrize("command", ["sizes", "export", "compact"])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, command: str) -> None:
    result = run(tmp_path / "nowhere.sqlite", command)
    assert result.exit_code == 1
    assert "nowhere.sqlite" in result.output
    assert not (tmp_path / "nowhere.sqlite").exists()
