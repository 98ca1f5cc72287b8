"""Tells a command that loses data, or what is as hard to get back, from one that changes something."""

import re

from tui.runbook.kinds import Danger
from tui.runbook.shell.read_only import changes

_UP_TO = r"[^|;&\n]*"
_FILES = (
    r"\brm\s+(?:-\w+\s+)*-\w*[rR]",
    r"\brm\s+(?:-\w+\s+)*(?!-)[^\s|;&]*[*?]",
    r"(?:\bxargs|\s-exec(?:dir)?)\s(?:[^|;&\n]*\s)?(?:rm|shred|unlink)\b",
    r"\s-delete\b",
    r"\b(?:shred|srm|wipe)\s",
    r"\btruncate\s",
    r"(?:^|[;&|\n])\s*(?::|true|cat\s+/dev/null|echo\s+-n(?:\s+['\"]{2})?)?\s*>\s*(?!/dev/|&)[/~\w]",
    rf"\brsync\b{_UP_TO}\s--(?:delete|remove-source-files)",
    r"\bjournalctl\b[^|;&\n]*--(?:vacuum|rotate-and-vacuum)",
    r"\b(?:userdel|deluser)\b[^|;&\n]*\s(?:-r|--remove)",
)
_DISKS = (
    r"\bmkfs|\bdd\s+\S*=|\bwipefs|\bblkdiscard\b|\bsgdisk\b[^|;&\n]*--?(?:zap|Z)|\bmkswap\b",
    r"\bcryptsetup\s+(?:luksFormat|luksErase|erase)|--zero-superblock",
    r"\b(?:zpool|zfs)\s+(?:destroy|rollback|labelclear)|\b(?:lv|vg|pv)remove\b|\blvreduce\b",
    r"\bbtrfs\s+subvolume\s+delete|\bceph\s+osd\s+(?:purge|destroy|pool\s+(?:delete|rm))|\b(?:rbd|rados)\s+(?:rm|purge)",
    r"(?:^|[;&|\n]|\bsudo)\s*(?:shutdown|reboot|poweroff|halt|init\s+[06])\b",
    r"\bsystemctl\s+(?:--\S+\s+)*(?:reboot|poweroff|halt)\b",
)
_DATABASES = (
    r"\bDROP\s+(?:TABLE|DATABASE|SCHEMA|USER|ROLE|INDEX|COLUMN|PARTITION|VIEW|KEYSPACE)|\bTRUNCATE\b|\bDELETE\s+FROM",
    r"\bpurge\b|\bRESET\s+(?:MASTER|REPLICA|SLAVE|BINARY)|\bflush(?:all|db)\b|\bredis-cli\b[^|;&\n]*\s(?:(?:del|unlink)(?:\s|$)|(?:replicaof|slaveof)\s+(?!no\b))",
    r"\bdropdb\b|\bpg_resetwal\b|\bpg_restore\b|\bpg_rewind\b|\bpg_ctl\b[^|;&\n]*\bpromote\b",
    rf"\bpatronictl\b{_UP_TO}\s(?:failover|reinit|remove|flush)\b|\brepmgr\b{_UP_TO}\bpromote\b",
    r"\|\s*\\?\s*(?:sudo\s+)?(?:\w+=\S+\s+)*(?:mysql|psql|mongorestore)\b(?![^|]*-e\b)",
    r"\b(?:mysql|mariadb|psql)\b[^|;&\n]*(?<!<)<(?![<(])",
    r"\bmongorestore\b|\bdropDatabase\b|\.drop\(\)|\.(?:deleteMany|deleteOne|remove)\(",
    r"\bnodetool\s+(?:\S+\s+)*(?:removenode|decommission|assassinate|clearsnapshot)",
    rf"\b(?:pgbackrest|wal-g|wal-e|barman|restic|borg|velero|etcdctl|etcdutl|xtrabackup|mariabackup|influx)\b{_UP_TO}\s"
    r"(?:restore|backup-fetch|recover|forget|prune|delete|del|--copy-back|--move-back)\b",
    r"\bdata_?dir\b[^|;&\n]*--force",
    r"\b(?:db|migrate|pg|schema):(?:drop|reset|fresh|refresh|rollback|down|wipe|purge)\b|\balembic\b[^|;&\n]*\bdowngrade",
    r"\bflyway\b[^|;&\n]*\bclean\b|\bliquibase\b[^|;&\n]*\b(?:rollback|drop-?all)|\bmigrate\s+(?:\S+\s+)*(?:down|reset|drop)\b",
    r"\bmanage\.py\s+(?:flush|reset_db|migrate\s+\S+\s+zero)\b|\bprisma\s+migrate\s+reset",
)
_QUEUES = (
    r"\brabbitmqctl\b[^|;&\n]*\s(?:purge_queue|delete_queue|delete_vhost|reset|force_reset|forget_cluster_node)",
    r"\bkafka-(?:topics|delete-records|consumer-groups|configs)(?:\.sh)?\b[^|;&\n]*(?:--(?:delete|offset-json-file|execute)\b|retention\.\w+=)",
    r"\bpostsuper\b[^|;&\n]*\s-d\b|\bexim4?\b[^|;&\n]*\s-Mrm\b|\bcelery\b[^|;&\n]*\bpurge\b|\b_delete_by_query\b|\b_restore\b|\bdeleteall\b",
)
_CLOUDS = (
    r"\b(?:terraform|tofu|terragrunt)\b[^|;&\n]*\s-?-?destroy\b|\b(?:terraform|tofu)\s+state\s+rm",
    r"\b(?:pulumi|cdk|vagrant)\s+destroy|\bserverless\s+remove|\bheroku\b[^|;&\n]*:destroy|\bfly(?:ctl)?\b[^|;&\n]*\bdestroy\b",
    r"\baws\b[^|;&\n]*\s(?:delete|terminate|purge|deregister|remove|release|revoke|schedule-key-deletion)-?\w*",
    r"\b(?:gcloud|az|doctl|hcloud|openstack|eksctl|kops|gsutil|bq|oci|linode-cli|argocd|flux)\b[^|;&\n]*\s"
    r"(?:delete|destroy|purge|rm|rb|remove)\b",
    r"\bs3\s+(?:rb|rm)\b|\bs3\s+(?:sync|mv)\b[^|;&\n]*--delete|\bs3cmd\s+(?:del|rb|rm)|\bmc\s+(?:rb|rm)\b",
    r"\b(?:kubectl|oc)\b[^|;&\n]*\bdelete\s+(?:(?:-\S+\s+)*-f\b|-k\b|--all\b|ns|namespaces?|project|pvc?s?|"
    r"persistentvolume\w*|crds?|customresource\w*|nodes?|all\b|statefulsets?|sts\b|secrets?\b|configmaps?\b|svc\b|services?\b)",
    r"\b(?:kubectl|oc)\b[^|;&\n]*\b(?:replace\b[^|;&\n]*--force)",
    r"\bhelm\b[^|;&\n]*\s(?:uninstall|delete|del)\b|\bkubeadm\s+reset|\bk3s-(?:\w+-)?uninstall|\b(?:minikube|kind)\s+delete",
    r"\b(?:docker|podman|nerdctl)\b[^|;&\n]*\b(?:system|volume|container)\s+prune|\bvolume\s+rm\b",
    r"\b(?:docker|podman|nerdctl)\s+(?:container\s+)?rm\s+-\w*v",
    r"\bdown\s+(?:\S+\s+)*(?:-v|--volumes)\b",
    r"\b(?:consul|vault|nomad)\b[^|;&\n]*\s(?:kv\s+(?:delete|destroy|metadata\s+delete)|secrets\s+disable|-purge)\b",
)
_REST = (
    r"\bcurl\b[^|;&]*\s(?:-X\s*|--request[ =])['\"]?DELETE\b|\bhttps?\s+(?:--\S+\s+)*DELETE\b|--method[ =]DELETE\b",
    r"\bpush\b[^|;&\n]*\s(?:--force|-f|--mirror|--delete)\b|\bgit\b[^|;&\n]*\sreset\s+--hard|\bgit\b[^|;&\n]*\sclean\s+-\w*f",
    r"--(?:allow-destructive|force-destroy|destroy|delete-data|remove-data|wipe|skip-final-snapshot|accept-data-loss|drop)\b",
)
_LOSES = re.compile("|".join((*_FILES, *_DISKS, *_DATABASES, *_QUEUES, *_CLOUDS, *_REST)), re.I)


def loses(script: str, stdin: str = "") -> str:
    """The words of a script that lose data or may; nothing where it is known to only read.

    Args:
        stdin: what the script gets on standard input.
    """
    for text in (script, stdin):
        found = _LOSES.search(text)
        if found is not None and any(True for _ in changes(script, stdin)):
            return " ".join(found[0].split()).strip("|;& ")
    return ""


def danger_of(command: str) -> Danger:
    """How a command is started that no runbook says anything of: what is not known to only read changes something."""
    if next(changes(command), None) is None:
        return Danger.NONE
    return Danger.DESTRUCTIVE if loses(command) else Danger.CAUTION
