import platform
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from candidates.resumes.cage import (
    CageError,
    decode_document,
    decode_images,
    read_and_draw_in_cage,
    read_in_cage,
    render_in_cage,
    run_in_cage,
)
from candidates.resumes.caged import encode_document
from candidates.resumes.document import Document, HiddenText, Kind, Page, Unreadable
from candidates.resumes.extract import Limits
from tests.candidates.resumes import escapes
from tests.hostile.good import TEXT, docx, pdf, text_stream

LIMITS = Limits(wall_seconds=10, cpu_seconds=5)


def escape(name: str, data: bytes = b"", *, limits: Limits = LIMITS, output_bytes: int = 1_000_000) -> bytes:
    return run_in_cage(
        f"tests.candidates.resumes.escapes:{name}", data, limits=limits, output_bytes=output_bytes
    ).output


def code_of(name: str, *, limits: Limits = LIMITS) -> str:
    with pytest.raises(CageError) as caught:
        escape(name, limits=limits)
    return caught.value.code


@pytest.fixture
def open_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield str(server.getsockname()[1]).encode()


@pytest.mark.parametrize("attempt", ["connect", "send_datagram"])
def test_a_caged_process_reaches_no_network_even_where_somebody_listens(open_port, attempt):
    socket.create_connection(("127.0.0.1", int(open_port))).close()
    assert escape(attempt, open_port) == b"refused: PermissionError"


@pytest.mark.parametrize("attempt", ["run_program", "fork", "spawn", "signal_parent"])
def test_a_caged_process_starts_and_signals_no_other(attempt):
    assert escape(attempt).startswith(b"refused")


@pytest.mark.parametrize("attempt", ["run_from_memory", "kill_everything", "kill_parent", "widen_limits"])
def test_a_caged_process_runs_nothing_from_memory_kills_nobody_and_widens_nothing(attempt):
    assert escape(attempt).startswith(b"refused")


@pytest.mark.parametrize("call", escapes._CALLS)
def test_a_system_call_past_every_library_is_refused(call):
    # EPERM is the filter's answer; what the kernel itself would say to such arguments is EINVAL or EFAULT.
    assert escape("system_call", call.encode()) == b"refused: Operation not permitted"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="only there two conventions share a kernel")
def test_the_numbers_of_another_convention_are_refused():
    assert escape("x32_call") == b"refused: Operation not permitted"


def test_a_caged_process_holds_no_descriptor_of_the_worker(tmp_path):
    with (tmp_path / "of-the-worker").open("wb"), socket.create_server(("127.0.0.1", 0)):
        held = escape("list_descriptors").split()
    # Input, output, errors, the answer's own and the one that tells its memory.
    assert len(held) <= 6
    assert escape("open_many_files") == b"refused: OSError"


@pytest.mark.parametrize("attempt", ["remove_file", "link_file"])
def test_a_caged_process_removes_and_links_no_file(attempt, tmp_path):
    target = tmp_path / "kept"
    target.write_text("kept")
    assert escape(attempt, str(target).encode()).startswith(b"refused")
    assert [one.name for one in tmp_path.iterdir()] == ["kept"]


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/proc/self/environ", "/proc/self/mem", "config/env.example", "pyproject.toml"]
)
def test_a_caged_process_reads_neither_accounts_nor_settings(path):
    asked = path if path.startswith("/") else str(Path(__file__).parents[3] / path)
    assert Path(asked).exists()
    assert escape("read_file", asked.encode()) == b"refused: PermissionError"


def test_pages_are_drawn_under_the_same_rules():
    assert escape("draw_with_escape", pdf()).count(b"refused") == 3


def test_a_caged_process_writes_no_file(tmp_path):
    target = tmp_path / "out"
    assert escape("write_file", str(target).encode()).startswith(b"refused")
    assert not target.exists() or target.read_bytes() == b""


def test_a_caged_process_cannot_read_what_lies_beside_the_code(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("key")
    landlock = Path("/sys/kernel/security/lsm")
    if landlock.exists() and "landlock" not in landlock.read_text():
        pytest.skip("this kernel has no landlock")
    assert escape("read_file", str(secret).encode()) == b"refused: PermissionError"
    assert escape("read_file", b"/proc/1/environ").startswith(b"refused")


def test_a_caged_process_inherits_no_secret_of_the_environment(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "hunter2")
    assert b"SECRET_KEY" not in escape("show_environment")


def test_a_library_that_prints_does_not_spoil_the_answer():
    assert escape("print_noise") == b"answer"


def test_a_library_that_complains_without_end_does_not_block_the_answer():
    assert escape("flood_stderr") == b"answer"


def test_a_process_that_computes_too_long_is_too_slow():
    assert code_of("spin", limits=replace(LIMITS, cpu_seconds=1)) == "too_slow"


def test_a_process_that_waits_too_long_is_too_slow():
    assert code_of("sleep", limits=replace(LIMITS, wall_seconds=1.0)) == "too_slow"


def test_a_process_that_grows_ends_for_memory_and_not_past_its_limit():
    with pytest.raises(CageError) as caught:
        escape("grow", limits=replace(LIMITS, memory_bytes=300 * 2**20))
    assert caught.value.code == "too_much_memory"
    assert caught.value.outcome.peak_bytes < 400 * 2**20


@pytest.mark.parametrize("attempt", ["crash", "leave_quietly"])
def test_a_process_that_dies_without_an_answer_means_a_damaged_file(attempt):
    assert code_of(attempt) == "damaged_file"


def test_an_answer_past_its_allowance_is_cut_off():
    assert code_of("flood") == "too_much_output"


def test_an_answer_of_another_shape_is_a_damaged_file():
    with pytest.raises(Unreadable) as caught:
        decode_document(escape("lie"))
    assert caught.value.code == "damaged_file"


def test_a_document_crosses_the_cage_unchanged():
    document = Document(
        kind=Kind.DOCX,
        pages=(Page(1, "Zoë • 日本", "docx"), Page(2, "two", "docx")),
        hidden=(HiddenText(2, "secret", "white"),),
        warnings=("a page is damaged",),
    )
    assert decode_document(encode_document(document)) == document


def test_nul_and_half_characters_of_an_answer_do_not_reach_the_database():
    answer = b'{"kind":"txt","pages":[{"number":1,"text":"a\\u0000b\\ud800","engine":"txt"}],"hidden":[],"warnings":[]}'
    assert decode_document(answer).text == "ab?"


def test_images_that_are_none_are_refused():
    with pytest.raises(Unreadable):
        decode_images(b"\x00\x00\x00\x04<svg")


def test_a_docx_is_read_in_the_cage():
    document = read_in_cage(docx())
    assert (document.kind, document.text) == (Kind.DOCX, TEXT)


def test_a_refusal_inside_the_cage_keeps_its_code_and_sentence():
    with pytest.raises(Unreadable, match="empty") as caught:
        read_in_cage(b"")
    assert caught.value.code == "empty_file"


def test_a_pdf_is_rendered_in_the_cage_and_other_formats_have_no_images():
    (image,) = render_in_cage(pdf())
    assert image.startswith(b"\x89PNG")
    assert render_in_cage(docx()) == []


def test_one_process_reads_and_draws():
    document, images = read_and_draw_in_cage(pdf(text_stream("Jane Doe, welder")))
    assert "Jane Doe, welder" in document.text
    assert [image[:8] for image in images] == [b"\x89PNG\r\n\x1a\n"]
    assert document.warnings == ()


def test_pages_that_cost_too_much_to_draw_do_not_cost_the_text():
    limits = replace(Limits(), image_output_bytes=-Limits().output_bytes + 100)
    document, images = read_and_draw_in_cage(pdf(text_stream("Jane Doe, welder")), limits=limits)
    assert "Jane Doe, welder" in document.text
    assert images == []
    assert document.warnings == ("pages not drawn: too_much_output",)


def test_a_reader_that_does_not_load_is_not_held_against_the_file():
    assert code_of("no_such_function") == "cage_unavailable"
