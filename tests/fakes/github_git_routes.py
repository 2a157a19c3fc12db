"""Repositories, branches, files and the git database."""

from __future__ import annotations

import base64

from tests.fakes import github_shapes as shapes
from tests.fakes.github_router import Answer, Request, route
from tests.fakes.github_world import Refused, World

MAX_INLINE_BYTES = 1_000_000  # above, the contents API gives no content


@route("GET", "/repos/{name}")
def _repository(world: World, request: Request, name: str) -> Answer:
    return Answer(200, shapes.repository(world, name, request.base_url))


@route("GET", "/repositories/{number}")
def _repository_by_id(world: World, request: Request, number: str) -> Answer:
    name = world.renamed.get(int(number))
    if name is None:
        raise Refused(404, "Not Found")
    return Answer(200, shapes.repository(world, name, request.base_url))


@route("GET", "/repos/{name}/branches/{*branch}")
def _branch(world: World, request: Request, name: str, branch: str) -> Answer:
    world.directory(name)
    try:
        tip = world.tip(name, branch)
    except Refused as refused:
        raise Refused(404, "Branch not found") from refused
    commit = shapes.commit(world, name, tip, request.base_url)
    return Answer(200, {"name": branch, "commit": commit})


@route("GET", "/repos/{name}/contents/{*path}")
def _contents(world: World, request: Request, name: str, path: str) -> Answer:
    ref = request.query.get("ref") or world.default_branch(name)
    world.directory(name)
    if not world.has_commit(name, ref):
        raise Refused(404, f"No commit found for the ref {ref}")
    kind, sha = world.entry(name, ref, path)
    if kind == "tree":
        return Answer(200, [{"type": "file", "path": path, "sha": sha}])
    content = world.git(name, "cat-file", "blob", sha)
    inline = len(content) <= MAX_INLINE_BYTES
    body = {
        "type": "file",
        "encoding": "base64" if inline else "none",
        "size": len(content),
        "path": path,
        "sha": sha,
        "content": base64.encodebytes(content).decode() if inline else "",
    }
    return Answer(200, body)


@route("GET", "/repos/{name}/git/blobs/{sha}")
def _blob(world: World, request: Request, name: str, sha: str) -> Answer:
    content = base64.encodebytes(world.git(name, "cat-file", "blob", sha)).decode()
    return Answer(200, {"sha": sha, "encoding": "base64", "content": content})


@route("POST", "/repos/{name}/git/blobs")
def _create_blob(world: World, request: Request, name: str) -> Answer:
    content = request.body["content"].encode()
    if request.body.get("encoding") == "base64":
        content = base64.b64decode(content)
    sha = world.git(name, "hash-object", "-w", "--stdin", stdin=content).decode().strip()
    return Answer(201, {"sha": sha, "url": f"{request.base_url}/repos/{name}/git/blobs/{sha}"})


@route("POST", "/repos/{name}/git/trees")
def _create_tree(world: World, request: Request, name: str) -> Answer:
    sha = world.make_tree(name, request.body.get("base_tree"), request.body["tree"])
    return Answer(201, {"sha": sha, "tree": [], "truncated": False})


@route("GET", "/repos/{name}/git/commits/{sha}")
def _git_commit(world: World, request: Request, name: str, sha: str) -> Answer:
    return Answer(200, shapes.git_commit(world, name, sha, request.base_url))


@route("POST", "/repos/{name}/git/commits")
def _create_commit(world: World, request: Request, name: str) -> Answer:
    body = request.body
    sha = world.make_commit(name, body["tree"], body.get("parents", []), body["message"])
    return Answer(201, shapes.git_commit(world, name, sha, request.base_url))


@route("POST", "/repos/{name}/git/refs")
def _create_ref(world: World, request: Request, name: str) -> Answer:
    ref, sha = request.body["ref"], request.body["sha"]
    if world.git(name, "for-each-ref", ref):
        raise Refused(422, "Reference already exists")
    world.git(name, "update-ref", ref, sha)
    return Answer(201, shapes.ref(name, ref, sha, request.base_url))


@route("PATCH", "/repos/{name}/git/refs/{*ref}")
def _update_ref(world: World, request: Request, name: str, ref: str) -> Answer:
    full, sha = f"refs/{ref}", request.body["sha"]
    before = world.git(name, "for-each-ref", "--format=%(objectname)", full).decode().strip()
    if not before:
        raise Refused(422, "Reference does not exist")
    if not request.body.get("force") and not world.is_ancestor(name, before, sha):
        raise Refused(422, "Update is not a fast forward")
    world.git(name, "update-ref", full, sha)
    world.take_heads_of(name, ref.removeprefix("heads/"))
    return Answer(200, shapes.ref(name, full, sha, request.base_url))
