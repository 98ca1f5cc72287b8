"""Tells in a document's prose what asks for something, what a heading is about, and what a bold label says."""

import re

from tui.importing.named import words

_VERBS = words("""
    acknowledge add adjust alert allow announce apply approve archive ask assign attach back begin block book
    bring bump call cancel capture change check choose clean clear click close collect communicate compare
    complete conduct configure confirm connect contact copy coordinate create cut deactivate decide declare
    decrease delete deploy determine disable disconnect discuss document double-check download drain edit email
    enable engage ensure escalate establish evaluate examine execute export failover fill find finish fix follow
    force gather generate get give go grab identify increase inform initiate inspect install investigate invite
    issue join keep kick kill launch let list lock login look lower make mark merge message modify monitor mount
    move navigate notify obtain observe open page pause perform ping plan post power prepare press promote prune
    publish pull push put query raise reboot rebuild receive reconfigure record recreate redeploy reduce refresh
    release reload remove rename repair repeat replace reply report request require reset resolve restart
    restore resume retry return revert review roll rollback rotate run save scale scroll search select send set
    share shut shutdown sign silence skip ssh snapshot start stop submit subscribe switch sync tag take tell
    terminate test toggle track trigger troubleshoot try turn undo uninstall unlock unmount unsilence update
    agree attach buy claim shorten lengthen decommission extend expand fetch
    flip freeze unfreeze hand hold leave lift order pick reschedule
    re-schedule rerun re-run recheck recover retire shift suspend swap tail tick transfer unplug wake wipe
    upgrade upload use validate verify view visit wait warn watch write
    point redirect route reroute cordon uncordon taint evict rejoin reattach detach unblock whitelist blacklist
    allowlist throttle purge truncate vacuum analyze analyse trim renew revoke regenerate bootstrap seed demote
    provision migrate import remount reinstall reseed resync rebalance reassign fail abort accept arrange annotate
    insert inject enter paste plug reconnect unset define describe isolate quarantine mute unmute pin unpin expire
    invalidate flush rescale resize shrink recycle repoint rewind respond sanity-check seal unseal warm rerender
    drop compile reproduce halt untaint relabel rejoin re-enable re-create re-apply reapply redo retest
    """)
_ASKS = re.compile(
    r"\b(you (?:must|should|need to|have to|will need to)|please|make sure|be sure|ensure that|"
    r"must be (?:done|run|set|checked|stopped|started)|(?<!will )(?<!may )ask your)\b",
    re.I,
)
_CONDITION = re.compile(
    r"^(?:if|when|once|after|before|in case|for|on|from|in|as)\b[^,]{1,120},\s*(?:then\s+)?([a-z-]+)\b", re.I
)
_CONNECTS = re.compile(
    r"^(?:(?:finally|then|next|now|first|second|afterwards?|also|otherwise|else|meanwhile|lastly|at the end),?\s+|"
    r"(?:carefully|manually|immediately|quickly|gradually|simply|temporarily)\s+|and\s+(?:then\s+)?)+(?=\w)",
    re.I,
)
_AFTER_NAME = re.compile(r"^[^.:!?]{2,90}: +(?:do not [^,;.]{2,40}[,;] *)?(?P<verb>[A-Za-z][a-z-]+) +\w+ +\S")
_FORBIDS = re.compile(
    r"\b(?:(?:do not|don't|dont|never)(?! (?:forget|hesitate|worry|panic)\b)|must not|avoid|instead of|"
    r"rather than|no longer)\b",
    re.I,
)
_EXPECTS = re.compile(
    r"^(?:expected|expect|should|acceptable|must (?:be|show|return)|returns?\b|average should|"
    r"output should|the output should|you should see|normal(?:ly)?:)",
    re.I,
)
_ALTERNATIVE = re.compile(
    r"^(?:for|if using|using|with|on) [\w .+/-]{2,30}:?$|^(?:or\b|alternatively\b|otherwise\b)", re.I
)

UNDOES = re.compile(r"\b(?:roll(?:ing)?[ -]?back|revert(?:ing)?|back[ -]?out|undo)\b", re.I)
VERIFIES = re.compile(r"\b(?:verif\w+|post[- ]\w+ checks?|smoke tests?|validation|health checks?)\b", re.I)
REASONS = re.compile(
    r"\bwhen to (?:roll ?back|revert|abort)|(?:roll ?back|abort) (?:criteria|triggers?|conditions?)\b", re.I
)
TROUBLES = re.compile(
    r"^(?:trouble ?shooting|known (?:issues|problems|errors)|common (?:issues|problems|errors|"
    r"failures)|faq|failure modes)\b",
    re.I,
)
CONTENTS = re.compile(r"^(?:table of )?contents$|^toc$", re.I)
METHOD = re.compile(
    r"^(?:method|option|variant|alternative|approach|path)\s*(?:([a-z]|\d{1,2})\b)?\s*[:.)–—-]*\s*(.*)$", re.I
)
WITHIN = re.compile(r"\bwithin\s+(\d+|an?|one|the next|\w+)?\s*(\d+)?\s*(minute|hour|day|week)s?\b", re.I)
_SYMPTOMS = re.compile(
    r"^(?:symptoms?|alerts?|meaning|impact|signs?|problem|description|indicators?|"
    r"what you(?:'ll)? see|error(?: message)?s?)\b",
    re.I,
)
_DIAGNOSIS = re.compile(
    r"^(?:diagnos\w+|investigat\w+|triage|debugging|how to (?:check|diagnose|investigate)|what to check|checks?)\b",
    re.I,
)
_SOLUTIONS = re.compile(
    r"^(?:mitigat\w+|solutions?|fix(?:es)?|resolution|remediation|remedy|remedies|recovery|"
    r"workarounds?|(?:common |possible |likely )?causes?"
    r"|how to (?:fix|resolve|mitigate)|resolving|actions?)\b",
    re.I,
)
ABOUT = {
    "last updated": "updated",
    "updated": "updated",
    "version": "document_version",
    "document version": "document_version",
    "environment": "environment",
    "owner": "owner",
    "maintained by": "owner",
    "maintainer": "owner",
    "team": "owner",
    "contact": "contact",
    "release": "release",
}


def asks(text: str) -> bool:
    """Whether a sentence or a paragraph asks the reader to do something."""
    told = re.sub(r"^\W*(?:(?:\d+(?:\.\d+)+[.)]?|\d+[.)]|[a-z]\))\s+)?", "", text.strip())
    told = _CONNECTS.sub("", told)
    if not told:
        return False
    if re.match(
        r"(?:log|sign) (?:in|into|on|out)\b|read the\b|note (?:down|the)\b|schedule an?\b|"
        r"the same (?:again|in|for|on)\b",
        told,
        re.I,
    ):
        return True
    first = re.match(r"[A-Za-z][\w'-]*", told)
    if (
        first is not None
        and first[0].lower() in _VERBS
        and not re.match(r"[\w-]+(?:\s+(?:is|are|was|were)|\s*:)(?:\s|$)", told)
    ):
        return True
    if _ASKS.search(told):
        return True
    named = _AFTER_NAME.match(re.sub(r"`[^`]*`", "x", told))
    if named is not None and named["verb"].lower() in _VERBS:
        return True
    condition = _CONDITION.match(told)
    if condition is not None and condition[1].lower() in _VERBS:
        return True
    sentences = re.split(r"(?<=[.!?;])\s+", told)
    return len(sentences) > 1 and any(asks(one) for one in sentences[1:])


def is_fact(label: str, text: str) -> bool:
    """Whether a sentence is a name in bold type and what is so called: `**URL**: https://…`."""
    rest = text.removeprefix(label)
    return bool(label) and len(label.split()) < 4 and rest.startswith(":") and not asks(rest[1:])


def forbids(text: str) -> bool:
    """Whether a sentence says what is not to be done."""
    return bool(_FORBIDS.search(text))


def only_forbids(text: str) -> bool:
    """Whether a sentence begins by saying that something is not to be done."""
    return bool(re.match(r"^\W*(?:do not|don't|never|avoid)\b", text.strip(), re.I))


def conditional(text: str) -> bool:
    """Whether a sentence is for some cases only."""
    return bool(
        re.match(
            r"^\W*(?:(?:if|when|in case|unless|optional(?:ly)?)\b|(?:for|on|in|with) [^,:.`]{2,40} only\b)",
            text.strip(),
            re.I,
        )
    )


def expects(text: str) -> bool:
    """Whether a comment says what a command should have printed."""
    return bool(_EXPECTS.match(text.strip()))


def alternative(text: str) -> bool:
    """Whether a comment says that what follows is for some cases, or instead of what stands before."""
    return bool(_ALTERNATIVE.match(text.strip()))


def label_of(text: str) -> str:
    """Which part of a trouble a heading or a label names: `symptoms`, `diagnosis`, `solutions`, or nothing."""
    told = text.strip().rstrip(":")
    if len(told) > 60:
        return ""
    for name, pattern in (("diagnosis", _DIAGNOSIS), ("solutions", _SOLUTIONS), ("symptoms", _SYMPTOMS)):
        if pattern.match(told):
            return name
    return ""


def hours_within(text: str) -> str:
    """The length of time in "within 24 hours", as a runbook writes it; nothing where there is none."""
    found = re.search(
        r"\b(?:within|in|after)\s+(?:the\s+(?:next|first)\s+)?(\d+|an?|one|two|three)?\s*(minute|hour|day|"
        r"week|month)s?\b",
        text,
        re.I,
    )
    if found is None:
        return ""
    number = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3}.get((found[1] or "1").lower()) or int(found[1])
    unit = found[2].lower()
    if unit == "minute":
        return f"{number}m"
    return f"{number * {'hour': 1, 'day': 24, 'week': 168, 'month': 720}[unit]}h"
