"""A student in JupyterLab: runs a notebook in a browser, moves controls, answers an exercise."""

import base64
import contextlib
import os
import re
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

from symtut.errors import InputError
from symtut.storage import read_json, write_json
from tests.chromium import PATIENCE, chromium, path_or_skip
from tools import build

NOTEBOOK = "01_markov_decision_processes"  # has all kinds: sliders, a menu, films, exercises
ROOT = Path(__file__).resolve().parents[2]
BROKEN = (
    "Error displaying widget", "Loading widget", "Error creating widget",
    "Traceback (most recent call last)", "Javascript Error", "Math input error",
)  # fmt: skip
# JupyterLab's own words about a slow connection; nothing to do with outputs.
NOISE = ("Canceled future for", "Could not restore the debugger state")
ALL_CELLS_HAVE_RUN = """() => {
    const prompts = [...document.querySelectorAll(
        '.jp-CodeCell .jp-InputPrompt:not(.jp-Placeholder-prompt)')];
    const indicator = document.querySelector('.jp-Notebook-ExecutionIndicator');
    return prompts.length > 0 && prompts.every(p => /\\[\\d+\\]/.test(p.textContent))
        && indicator.dataset.status === 'idle';
}"""


def start_server(folder: Path) -> tuple[subprocess.Popen, Path]:
    """JupyterLab on a free port, with nothing of the user's; its own process group."""
    settings = folder / "settings" / "@jupyterlab"
    for name in ("notebook-extension", "apputils-extension"):
        (settings / name).mkdir(parents=True)
    # All cells are drawn, also those out of sight; no questions about news.
    tracker = settings / "notebook-extension" / "tracker.jupyterlab-settings"
    write_json(tracker, {"windowingMode": "none"})
    news = settings / "apputils-extension" / "notification.jupyterlab-settings"
    write_json(news, {"fetchNews": "false", "checkForUpdates": False})
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(folder / "config"), "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"), "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "JUPYTER_TOKEN": secrets.token_hex(16), "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
    }  # fmt: skip
    environment.pop("MPLBACKEND", None)  # set for scripts, it would keep figures out of notebooks
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--ServerApp.port=0",
        "--ServerApp.ip=127.0.0.1", "--ServerApp.allow_root=True",
        f"--ServerApp.root_dir={folder / 'notebooks'}",
    ]  # fmt: skip
    with open(folder / "server.log", "w") as log:
        process = subprocess.Popen(
            command, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    return process, folder / "runtime"


def wait_for_server(process: subprocess.Popen, runtime: Path) -> str:
    """The address of a JupyterLab that answers, with its token."""
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline:
        assert process.poll() is None, (runtime.parent / "server.log").read_text()
        with contextlib.suppress(OSError, IndexError, InputError):
            info = read_json([*runtime.glob("jpserver-*.json")][0])
            address = f"http://127.0.0.1:{info['port']}"
            urllib.request.urlopen(f"{address}/api/status?token={info['token']}", timeout=5)
            return f"{address}/lab/tree/{NOTEBOOK}.ipynb?token={info['token']}"
        time.sleep(0.1)
    raise TimeoutError((runtime.parent / "server.log").read_text())


@pytest.fixture
def address(tmp_path):
    """JupyterLab on a copy of the exercise notebook in the short profile."""
    path_or_skip()  # before a server is started for nothing
    path = build.REPOSITORY / "notebooks" / "exercises" / f"{NOTEBOOK}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    (cell,) = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    assert '= "lab"' in cell.source
    cell.source = cell.source.replace('= "lab"', '= "smoke"', 1)
    (tmp_path / "notebooks").mkdir()
    nbformat.write(notebook, tmp_path / "notebooks" / f"{NOTEBOOK}.ipynb")
    process, runtime = start_server(tmp_path)
    try:
        yield wait_for_server(process, runtime)
    finally:
        process.send_signal(signal.SIGTERM)  # it ends its kernels first
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def check_outputs(page) -> None:
    """No output of the notebook is an error, and every picture is really drawn."""
    text = page.locator(".jp-Notebook").inner_text()
    assert not [words for words in BROKEN if words in text]
    for kind in ("stderr", "error"):
        assert page.locator(f'[data-mime-type="application/vnd.jupyter.{kind}"]').count() == 0
    page.wait_for_function(
        "() => [...document.querySelectorAll('.jp-OutputArea img')]"
        ".every(image => image.complete && image.naturalWidth > 50)"
    )


def source(image) -> str:
    return image.get_attribute("src")


def wait_for_another_picture(page, cell, before: str) -> None:
    """Until the picture of ``cell`` is not ``before``, and is drawn."""
    page.wait_for_function(
        "([cell, before]) => { const image = [...cell.querySelectorAll('img')].at(-1);"
        " return image.src !== before && image.complete && image.naturalWidth > 50; }",
        arg=[cell.element_handle(), before],
    )


def move_a_slider(page) -> None:
    """Drag the first slider with the mouse, then step with the keyboard: one figure changes."""
    cell = page.locator(".jp-CodeCell", has=page.locator(".widget-slider")).first
    assert cell.locator("img").count() == 1
    first = source(cell.locator("img").last)
    handle = cell.locator(".noUi-handle").first
    handle.scroll_into_view_if_needed()
    number = cell.locator(".widget-readout").first
    value, box = number.inner_text(), handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 90, y, steps=6)
    page.mouse.up()
    wait_for_another_picture(page, cell, first)
    assert number.inner_text() != value
    assert cell.locator("img").count() == 1  # the same place
    second = source(cell.locator("img").last)
    handle.press("ArrowRight")
    wait_for_another_picture(page, cell, second)
    assert source(cell.locator("img").last) not in (first, second)
    assert cell.locator("img").count() == 1


def choose_from_a_menu(page) -> None:
    cell = page.locator(".jp-CodeCell", has=page.locator(".widget-dropdown select")).last
    before = source(cell.locator("img").last)
    menu = cell.locator("select")
    options = menu.locator("option").all_inner_texts()
    menu.select_option(label=options[-1])
    wait_for_another_picture(page, cell, before)


def watch_a_film(page) -> None:
    """A film is an animated PNG; what is on the screen changes without anyone doing anything."""
    images = page.locator(".jp-OutputArea img").all()
    films = [
        image for image in images if b"acTL" in base64.b64decode(source(image).partition(",")[2])
    ]
    assert films
    film = films[0]
    film.scroll_into_view_if_needed()
    begin, deadline = film.screenshot(), time.monotonic() + PATIENCE / 1000
    while film.screenshot() == begin:
        assert time.monotonic() < deadline, "the film stands still"


def answer_the_first_exercise(page) -> None:
    """A known mistake is explained; the right answer is accepted."""
    cells = page.locator(".jp-CodeCell")
    exercise = cells.filter(has_text="YOUR CODE HERE").first
    place = exercise.evaluate("c => [...document.querySelectorAll('.jp-CodeCell')].indexOf(c)")
    exercise, check = cells.nth(place), cells.nth(place + 1)
    verdict = check.locator(".jp-OutputArea-output")
    assert "… not done yet" in verdict.inner_text()
    weighed = "sum(gamma**k * reward for k, reward in enumerate(rewards))"
    for value, words in (
        ("sum(rewards)", ["✘ not right yet", "plain sum", "the reference stands in"]),
        (weighed, ["✔ right"]),
    ):
        answer = f"discounted_return = lambda rewards, gamma: {value}"
        exercise.locator(".cm-content").click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(answer)
        page.keyboard.press("Shift+Enter")  # runs it and goes on to the check
        page.keyboard.press("Shift+Enter")
        for text in words:
            verdict.filter(has_text=text).wait_for()
    assert "not right" not in verdict.inner_text()


def test_a_student_in_jupyterlab(address):
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        complaints = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: m.type == "error" and complaints.append(m.text))
        # Badges come from other sites: here they load at once, with or without a network.
        context.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), lambda route: route.fulfill(
            content_type="image/svg+xml", body='<svg xmlns="http://www.w3.org/2000/svg"/>'
        ))  # fmt: skip
        page.goto(address, wait_until="domcontentloaded")
        # What is asked of a kernel that is not connected yet may be lost.
        page.locator("#jp-main-statusbar", has_text="| Idle").wait_for()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        page.wait_for_function(ALL_CELLS_HAVE_RUN)
        check_outputs(page)
        move_a_slider(page)
        choose_from_a_menu(page)
        watch_a_film(page)
        answer_the_first_exercise(page)
        check_outputs(page)
        assert not [text for text in complaints if not text.startswith(NOISE)]
