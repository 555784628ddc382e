"""A flow on RabbitMQ: each step a process of its own, as on the platform."""

from .manifests import print_manifests
from .plan import FlowPlan, StagePlan, find_unapplied, make_plan
from .start import Listeners, StartSettings, serve_steps, start_flow
from .traffic import Traffic

__all__ = [
    "FlowPlan",
    "Listeners",
    "StagePlan",
    "StartSettings",
    "Traffic",
    "find_unapplied",
    "make_plan",
    "print_manifests",
    "serve_steps",
    "start_flow",
]
