"""Laws of the cache: one computation at a time for a key, also after one failed."""

import threading
import time

import pytest

from explorer.system.cache import Cache, forget


def test_a_failed_computation_is_followed_by_one_at_a_time() -> None:
    cache: Cache[int] = Cache(4)
    at_once, most, lock = 0, 0, threading.Lock()
    failures = iter([True, True, False, False, False, False])

    def compute() -> int:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
            fails = next(failures)
        time.sleep(0.02)
        with lock:
            at_once -= 1
        if fails:
            raise ValueError
        return 7

    results = []

    def ask() -> None:
        try:
            results.append(cache.get("key", compute))
        except ValueError:
            results.append(None)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert sorted(results, key=str) == [7, 7, 7, 7, None, None]
    assert next(failures) is False  # three computations, of which the third is shared


def test_the_least_recently_used_value_goes_first() -> None:
    cache: Cache[str] = Cache(2)
    for key in "aba":
        cache.get(key, lambda key=key: key)
    cache.get("c", lambda: "c")
    assert "a" in cache and "c" in cache and "b" not in cache


def test_what_is_forgotten_is_in_no_cache() -> None:
    run, other = object(), object()
    caches: list[Cache[int]] = [Cache(4), Cache(4)]
    for cache in caches:
        for key in (run, (run, 1), (other, 1), "run"):
            cache.get(key, lambda: 0)
    forget(run)
    for cache in caches:
        assert run not in cache and (run, 1) not in cache
        assert (other, 1) in cache and "run" in cache


def test_an_exception_is_not_cached() -> None:
    cache: Cache[int] = Cache(1)
    with pytest.raises(ZeroDivisionError):
        cache.get("key", lambda: 1 // 0)
    assert cache.get("key", lambda: 1) == 1
