"""A flow on RabbitMQ: each step a process of its own, as on the platform."""

from .plan import Plan, Stage, make_plan
from .start import StartSettings, start_flow

__all__ = ["Plan", "Stage", "StartSettings", "make_plan", "start_flow"]
