"""Which fields of a runbook are titles and short texts, in which `{{ name }}` is filled in for every screen."""

from collections.abc import Mapping

from tui.runbook.model import (
    ChecklistItem,
    Endpoint,
    Flow,
    FollowUp,
    Host,
    Issue,
    Link,
    Method,
    Model,
    Monitor,
    Reason,
    Runbook,
    Section,
    Service,
    Solution,
    Step,
    Trigger,
)

TOLD: Mapping[type[Model], tuple[str, ...]] = {
    Host: ("title",),
    Service: ("title",),
    Monitor: ("title",),
    Trigger: ("title",),
    Method: ("title", "text"),
    Flow: ("title", "text"),
    Section: ("title", "short", "text"),
    Step: ("title", "short"),
    Link: ("title", "text", "look_for", "access"),
    Endpoint: ("title", "healthy", "unhealthy"),
    Issue: ("title", "symptoms"),
    Solution: ("title", "when", "forbidden"),
    Reason: ("title",),
    FollowUp: ("title",),
    ChecklistItem: ("title",),
}
"""The fields that are filled in, by what they are of."""
HOLDING: Mapping[type[Model], tuple[str, ...]] = {
    Runbook: (
        *("hosts", "services", "monitors", "triggers", "methods", "flows", "sections", "dashboards", "endpoints"),
        *("troubleshooting", "rollback_reasons", "followups", "checklist"),
    ),
    Section: ("steps",),
    Issue: ("diagnosis", "solutions"),
    Solution: ("steps",),
}
"""The fields in which such things are."""
