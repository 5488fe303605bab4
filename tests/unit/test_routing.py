"""The URI table: one place for dispatch, 404, 405, HEAD and hrefs."""

from __future__ import annotations

import pytest

from ieee2030_5_agent.rest.call import Answer, Call, no_content
from ieee2030_5_agent.rest.errors import MethodNotAllowed, MovedPermanently, NotFound
from ieee2030_5_agent.rest.routing import Route, Table


def handler(_call: Call) -> Answer:
    return no_content()


TABLE = Table(
    (
        Route("DeviceCapability", "", GET=handler),
        Route("EndDevice", "/edev/{edev}", GET=handler),
        Route(
            "DERStatus",
            "/edev/{edev}/der/{der}/ders",
            GET=handler,
            PUT=handler,
            post_as_put=True,
        ),
    ),
    "/dcap",
)


@pytest.mark.parametrize(
    ("path", "name", "params"),
    [
        ("/dcap", "DeviceCapability", {}),
        ("/dcap/edev/0", "EndDevice", {"edev": 0}),
        ("/dcap/edev/17/der/1/ders", "DERStatus", {"edev": 17, "der": 1}),
    ],
)
def test_finds_the_route_and_its_numbers(path: str, name: str, params: dict[str, int]) -> None:
    route, _, found = TABLE.match("GET", path)
    assert (route.name, found) == (name, params)
    assert TABLE.href(name, params) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/dcapx",
        "/edev/0",
        "/dcap/edev/x",
        "/dcap/edev/-1",
        "/dcap/edev/1.0",
        "/dcap/edev/٣",
        "/dcap/edev/" + "9" * 5000,
        "/dcap/edev/0/der",
        "/dcap//edev/0",
        "/dcap/../edev/0",
        "/dcap/edev/0/der/1/ders/x",
    ],
)
def test_everything_else_is_not_found(path: str) -> None:
    with pytest.raises(NotFound):
        TABLE.match("GET", path)


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("/dcap/", "/dcap"),
        ("/dcap/edev/007", "/dcap/edev/7"),
        ("/dcap/edev/7/", "/dcap/edev/7"),
    ],
)
def test_another_spelling_is_moved(path: str, canonical: str) -> None:
    with pytest.raises(MovedPermanently) as moved:
        TABLE.match("GET", path)
    assert moved.value.headers == (("Location", canonical),)


def test_another_method_is_not_allowed_and_told_which_are() -> None:
    with pytest.raises(MethodNotAllowed) as refused:
        TABLE.match("DELETE", "/dcap/edev/0/der/1/ders")
    assert refused.value.headers == (("Allow", "GET, HEAD, PUT, POST"),)


def test_post_as_put_is_a_switch() -> None:
    strict = Table(TABLE, "/dcap", post_as_put=False)
    assert strict.methods("DERStatus") == ("GET", "HEAD", "PUT")


@pytest.mark.parametrize(
    "second",
    [
        Route("EndDevice", "/other", GET=handler),
        Route("Other", "/edev/{edev}", GET=handler),
    ],
    ids=["same name", "same template"],
)
def test_a_doubled_route_is_refused(second: Route) -> None:
    with pytest.raises(ValueError, match="EndDevice"):
        Table((Route("EndDevice", "/edev/{edev}", GET=handler), second), "/dcap")
