"""What the fake GitHub answers to each request: every area's routes in one table."""

from __future__ import annotations

from tests.fakes import (
    github_app_routes,
    github_check_routes,
    github_git_routes,
    github_graphql_routes,
    github_issue_routes,
    github_pull_routes,
    github_setup_routes,
)
from tests.fakes.github_router import Answer, Request, answer

AREAS = (
    github_app_routes,
    github_check_routes,
    github_git_routes,
    github_graphql_routes,
    github_issue_routes,
    github_pull_routes,
    github_setup_routes,
)

__all__ = ["AREAS", "Answer", "Request", "answer"]
