"""Lists the programs and verbs that only read; what is not listed here counts as changing something."""

from msgspec import Struct


def _words(text: str) -> frozenset[str]:
    return frozenset(word.replace("+", " ") for word in text.split())


PLAIN = _words("""
    : [ [[ alias apt-cache arch b2sum base32 base64 basename bc blkid break cal cat cd chronyc cksum cmp column comm
    command
    continue cut declare df diff dig dirname dirs dmidecode dpkg-query du echo egrep exec exit expand export expr
    factor false fgrep file findmnt fold free getconf getent getfacl getopts glances grep groups hash head hexdump host
    htop id iostat iotop jobs join jq last lastlog let less local locale logname ls lsattr lsblk lscpu lsmod lsof lspci
    lsusb man md5sum mktemp more mpstat mtr mysqlshow namei netstat nethogs nl nproc nslookup ntpq nvidia-smi od paste
    pg_isready pgrep pidof pidstat ping ping6 pmap popd printenv printf ps pstree pushd pwd pwdx read readlink readonly
    realpath return rev rg sar sdiff sensors seq set sha1sum sha224sum sha256sum sha384sum sha512sum shasum shift shopt
    sleep ss stat strings sum systemd-cgls systemd-cgtop tac tail test times top tput tr tracepath traceroute true tsort
    tty type ulimit umask uname unexpand unset uptime users vmstat w wait wc where whereis which who whoami yes zcat
    zegrep zfgrep zgrep
    """)
"""Programs and builtins that only read, whatever their arguments (a redirection is looked at by itself)."""

CHANGERS = _words("""
    rm rmdir mv chmod chown chgrp ln kill pkill killall reboot shutdown halt poweroff mkdir touch truncate shred cp tee
    install mkfifo split dd scp sftp rsync mkfs fdisk parted useradd userdel usermod groupadd passwd chpasswd chattr
    setfacl umount swapon swapoff modprobe service-reload wipefs pg_restore createdb dropdb mysqlimport
    """)
"""Programs that are known to change something, and are told so; where they only read is decided in `reading.py`."""


class Tool(Struct, frozen=True):
    """A program with verbs.

    Args:
        reads: the verbs, of one word or of two, that only read.
        valued: options before the verb that take a value; `flags` those that take none.
        dry: words that make every verb one that reads.
        never: words (or beginnings of words, with a `*`) that make no verb one that reads.
        alone: whether the program without a verb reads.
        inner: verbs that start a program of their own, which is looked at instead.
    """

    reads: frozenset[str]
    valued: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    dry: frozenset[str] = frozenset()
    never: tuple[str, ...] = ()
    alone: bool = True
    inner: frozenset[str] = frozenset()


_KUBECTL = Tool(
    reads=_words(
        """get describe logs top explain version api-resources api-versions cluster-info diff events auth+can-i
        auth+whoami config+view config+get-contexts config+current-context config+get-clusters config+get-users
        rollout+status rollout+history wait whoami status projects adm+top options help"""
    ),
    valued=_words("-n --namespace --context --cluster --kubeconfig -s --server --user --as --request-timeout -v"),
    dry=_words("--dry-run --dry-run=client --dry-run=server"),
    never=("--output-directory*",),
    inner=_words("exec"),
)
_TERRAFORM = Tool(
    reads=_words(
        "plan show output version validate providers graph state+list state+show workspace+list workspace+show"
    ),
    never=("-out*", "-generate-config-out*"),
)
_DOCKER = Tool(
    reads=_words(
        """ps images inspect logs top stats info version port diff history search events help image+ls image+list
        image+inspect image+history container+ls container+list container+ps container+inspect container+logs
        container+top container+stats container+port container+diff network+ls network+inspect volume+ls
        volume+inspect system+df system+info system+events context+ls context+show context+inspect node+ls node+inspect
        node+ps service+ls service+ps service+inspect service+logs stack+ls stack+ps stack+services manifest+inspect
        buildx+ls buildx+inspect"""
    ),
    valued=_words("-H --host -c --context -l --log-level --config"),
    inner=_words("exec"),
)
_APT = Tool(
    reads=_words("list search show policy changelog depends rdepends check moo"),
    flags=_words("-q -qq -y"),
    dry=_words("-s --simulate --dry-run --just-print --no-act"),
)
_YUM = Tool(reads=_words("list info search check-update repolist provides repoquery"), flags=_words("-q -y -C"))
_PIP = Tool(
    reads=_words("list show freeze check config+list index+versions help"), flags=_words("-q"), dry=_words("--dry-run")
)
_CTL = Tool(
    reads=_words("status show list-sessions list-users session-status user-status list-timezones timesync-status"),
    flags=_words("--no-pager"),
)

TOOLS: dict[str, Tool] = {
    "kubectl": _KUBECTL,
    "oc": _KUBECTL,
    "helm": Tool(
        reads=_words(
            """list ls status history get show search version env lint template verify repo+list dependency+list
            plugin+list diff help"""
        ),
        valued=_words("-n --namespace --kube-context --kubeconfig"),
        flags=_words("--debug"),
        dry=_words("--dry-run --dry-run=client --dry-run=server"),
        never=("--output-dir*",),
    ),
    "terraform": _TERRAFORM,
    "tofu": _TERRAFORM,
    "kubeadm": Tool(
        reads=_words("version config+print config+images token+list certs+check-expiration upgrade+plan upgrade+diff"),
        dry=_words("--dry-run"),
        never=("pull",),
    ),
    "docker": _DOCKER,
    "podman": _DOCKER,
    "docker-compose": Tool(
        reads=_words("ps config logs images ls top version port events stats help"),
        valued=_words("-f --file -p --project-name --profile --env-file --project-directory --ansi --progress"),
        dry=_words("--dry-run"),
        never=("--output*", "-o", "--lock-image-digests*"),
        inner=_words("exec"),
    ),
    "git": Tool(
        reads=_words(
            """status log diff show describe rev-parse rev-list ls-files ls-remote ls-tree cat-file blame grep shortlog
            for-each-ref show-ref name-rev merge-base count-objects var version help check-ignore diff-tree diff-index
            stash+list stash+show worktree+list remote+-v remote+show remote+get-url config+--get config+--list
            config+-l config+--get-all whatchanged cherry verify-tag verify-commit range-diff"""
        ),
        valued=_words("-C --git-dir --work-tree"),
        flags=_words("--no-pager -P --no-optional-locks --bare"),
        dry=_words("--dry-run"),
        never=("--output*", "--exec*", "--upload-pack*"),
    ),
    "systemctl": Tool(
        reads=_words(
            """status is-active is-enabled is-failed is-system-running show cat list-units list-unit-files list-timers
            list-sockets list-dependencies list-jobs list-machines list-automounts show-environment get-default help"""
        ),
        valued=_words("-H --host -M --machine -t --type -p --property -n --lines -o --output --state"),
        flags=_words(
            "--user --system --no-pager -q --quiet -l --full -a --all --failed --no-legend --plain --no-ask-password"
        ),
    ),
    "apt": _APT,
    "apt-get": _APT,
    "yum": _YUM,
    "dnf": _YUM,
    "pip": _PIP,
    "pip3": _PIP,
    "npm": Tool(reads=_words("list ls view info outdated ping whoami help"), flags=_words("-s --silent")),
    "supervisorctl": Tool(
        reads=_words("status avail version pid tail maintail"),
        valued=_words("-c -s -u -p --configuration"),
        alone=False,
    ),
    "hostnamectl": _CTL,
    "timedatectl": _CTL,
    "loginctl": _CTL,
    "localectl": _CTL,
    "systemd-analyze": Tool(
        reads=_words("time blame critical-chain verify security calendar timespan timestamp cat-config dump plot dot")
    ),
    "celery": Tool(
        reads=_words("inspect status report list help"),
        valued=_words("-A --app -b --broker --result-backend --loader --workdir --config"),
        flags=_words("-q --quiet -C --no-color"),
        never=("--executable*",),
    ),
    "mysqladmin": Tool(
        reads=_words("ping status extended-status processlist variables version"),
        valued=_words("-h --host -P --port -u --user -S --socket -i -c"),
        alone=False,
    ),
    "ufw": Tool(reads=_words("status version show"), alone=False),
    "certbot": Tool(reads=_words("certificates plugins"), dry=_words("--dry-run"), alone=False),
    "snap": Tool(reads=_words("list info find services version changes known")),
    "rabbitmqctl": Tool(
        reads=_words(
            """status cluster_status list_queues list_users list_vhosts list_connections list_channels list_bindings
            list_exchanges list_consumers list_permissions environment ping version"""
        ),
        valued=_words("-n --node -p -t"),
    ),
}

MANAGE = _words(
    "check showmigrations diffsettings inspectdb version sqlmigrate findstatic show_urls help sqlsequencereset"
)
"""The verbs of Django's manage.py that only read."""

MANAGE_CHANGES = _words(
    "migrate makemigrations collectstatic flush loaddata createsuperuser clear_cache changepassword"
)
"""Those that certainly change something."""

MANAGE_DRY: dict[str, frozenset[str]] = {
    "migrate": _words("--plan --check"),
    "makemigrations": _words("--check --dry-run"),
    "collectstatic": _words("--dry-run -n"),
}
"""The options with which a verb of manage.py changes nothing."""

REDIS = _words("""
    ping info get mget exists ttl pttl expiretime type keys scan hscan sscan zscan dbsize strlen getrange llen lrange
    lindex lpos hget hgetall hlen hkeys hvals hmget hexists hstrlen smembers scard sismember srandmember zcard zrange
    zrevrange zrangebyscore zscore zcount zrank xlen xrange xrevrange role lastsave time echo command randomkey monitor
    """)
REDIS_PAIRS = _words(
    """config+get client+list client+info client+getname slowlog+get slowlog+len latency+latest latency+history
    latency+doctor memory+usage memory+stats memory+doctor object+encoding object+idletime object+freq cluster+info
    cluster+nodes cluster+slots cluster+shards sentinel+masters sentinel+master sentinel+replicas sentinel+slaves
    sentinel+sentinels sentinel+get-master-addr-by-name sentinel+ckquorum acl+whoami acl+list acl+cat acl+users
    xinfo+stream xinfo+groups xinfo+consumers pubsub+channels pubsub+numsub pubsub+numpat module+list"""
)
"""The commands of Redis that only read, of one word and of two."""

AWS_READS = (
    "describe-", "list-", "batch-get-", "lookup-", "search-", "simulate-", "estimate-", "validate-", "filter-",
)  # fmt: skip
"""How the operations of AWS begin that only read; `get-` and `head-` as well, but for those that write a file."""

UNITS = {
    "crontab": "-l",
    "nginx": "-t -T -v -V",
    "apachectl": "configtest -t -S -v -V",
    "apache2ctl": "configtest -t -S -v -V",
    "haproxy": "-c -v -vv",
    "sshd": "-t -T",
    "visudo": "-c",
    "gpg": "--verify --list-keys --list-secret-keys -k -K --version",
    "ssh-keygen": "-l -lf -F -y",
    "dpkg": "-l -L -s -S -V --list --status --listfiles --search --verify --get-selections --print-architecture "
    "--compare-versions --audit -C",
    "gunicorn": "--version --check-config",
    "tar": "-t -tf -tzf -tvf -tzvf -tjf tf tzf tvf tzvf tjf tJf --list",
    "unzip": "-l -t -p -Z -v",
    "gzip": "-l -t -dc -c -cd",
    "gunzip": "-c -l -t",
    "bzip2": "-t -dc",
    "xz": "-l -t -dc",
    "zstd": "-l -t -dc",
    "nc": "-z -vz -zv -zvw1",
    "openssl": "x509 s_client version ciphers dgst verify crl asn1parse req ocsp pkey rsa ec",
    "iptables": "-L -S --list --list-rules -nL -nvL -vnL -Lnv -Ln",
    "ip6tables": "-L -S --list --list-rules -nL -nvL -vnL -Lnv -Ln",
    "nft": "list",
}
"""Programs that read where their first argument is one of these words."""
