"""Laws of malloc's arenas: with few of them, memory that one thread freed serves another."""

import os
import subprocess
import sys

import pytest

THREADS = """
import ctypes, re, sys, threading
from explorer.system import malloc_arenas

libc = ctypes.CDLL(None)
if not hasattr(libc, "malloc_info"):
    sys.exit(7)
if sys.argv[1] == "few":
    malloc_arenas.share()
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
together = threading.Barrier(12)
def work():
    together.wait()
    assert libc.malloc(4096)
    together.wait()
threads = [threading.Thread(target=work) for _ in range(12)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc.fopen.restype, libc.fclose.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
file = libc.fopen(sys.argv[2].encode(), b"w")
libc.malloc_info(0, file)
libc.fclose(file)
print(len(re.findall("<heap nr", open(sys.argv[2]).read())))
"""


def arenas(how: str, tmp_path, **more: str) -> int:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MALLOC_")} | more
    ran = subprocess.run(
        [sys.executable, "-c", THREADS, how, str(tmp_path / "arenas.xml")],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )
    if ran.returncode == 7:
        pytest.skip("malloc here is not glibc's")
    assert ran.returncode == 0, ran.stderr
    return int(ran.stdout)


def test_twelve_threads_share_two_arenas(tmp_path) -> None:
    assert arenas("few", tmp_path) <= 2 < arenas("many", tmp_path)


def test_the_environment_takes_precedence(tmp_path) -> None:
    assert arenas("few", tmp_path, MALLOC_ARENA_MAX="5") == 5
