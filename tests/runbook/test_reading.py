"""A command counts as one that reads only where that is known; each line here is a command and the right answer."""

import pytest

from tests.runbook.documents import changed
from tui.headless.check import read_only
from tui.runbook.reading.lint import lint_text
from tui.runbook.reading.load import load_text
from tui.runbook.shell.read_only import changes

READS = """
ls -l /srv
cat a | grep -c b | sort -u | head -n 3
kubectl -n prod get pods -o wide
kubectl describe deploy/web
kubectl --context=a logs deploy/web --tail=20
kubectl auth can-i delete pods
kubectl rollout status deploy/web
kubectl exec web-1 -- cat /etc/hosts
kubectl delete pod web-1 --dry-run=server
oc get pods
oc whoami
helm list -n prod
helm upgrade web ./web --dry-run
terraform plan -no-color
terraform state list
psql -h db -c 'SELECT count(*) FROM orders'
psql -l
psql -Atc "SELECT 1"
mysql -e "SHOW SLAVE STATUS\\G"
mysql -N -e 'SELECT name FROM t ORDER BY id DESC LIMIT 1' shop
mysqldump shop | gzip > /dev/null
curl -fsS https://x/health
curl -sSf -o /dev/null -w '%{http_code}' https://x
curl -I https://x
curl -X GET -H 'Accept: a' https://x
curl -G -d q=1 https://x
rsync -n -a a/ b:/srv/
dd if=/dev/zero of=/dev/null count=1
kubeadm certs check-expiration
docker compose -f a.yml ps
docker-compose logs --tail=10 web
docker-compose exec -T web cat /etc/hosts
docker ps -a
docker exec -u 0 web ls /
docker image inspect web
git status --porcelain
git -C /srv log -1
git branch --show-current
git tag -l 'v*'
git config --get user.name
sudo -n systemctl status web
systemctl --no-pager -l status web
systemctl is-active web
apt list --upgradable
apt-get -s upgrade
redis-cli -h cache ping
redis-cli config get maxmemory
redis-cli INFO replication
aws s3 ls
aws --profile prod ec2 describe-instances
aws s3 cp a s3://b/ --dryrun
journalctl -u web -n 50
sudo -n journalctl -u web --since -5min
timeout 10 env A=b ls
find . -name '*.py' -newer x
find . -exec grep -l x {} +
sed -n 1,5p /etc/hosts
awk '$5 > 80 { print $1 }' x
sh -c 'ls | wc -l'
ls > /dev/null 2>&1
ls 2>/dev/null >&2
x=$(mktemp); ls > "$x"; rm -f "$x"
ls > /tmp/list
n=$((1 + 2)); echo "$n"
if [ -f a ]; then cat a; else echo none; fi
case "$x" in a|b) echo one ;; *) cat c ;; esac
for x in a b; do wc -l "$x"; done
while read -r line; do echo "$line"; done < list
last() { tail -n 1 "$1"; }; last x
[[ a > b ]] && echo more
(( 3 > 2 )) && echo yes
cat <<EOF
rm -rf /
EOF
nginx -t
python manage.py showmigrations
python3 --version
command -v docker
service web status
crontab -l
tar -tzf a.tar.gz
date +%F
date -d yesterday +%F
hostname
ip addr show
pip list
python -m pip check
venv/bin/python3 -m pip --version
xargs grep -l x < list
wget -qO- https://x
echo "a > b"
trap 'rm -f "$t"' EXIT; t=$(mktemp)
"""

CHANGES = """
python -m pip install --upgrade pip
python -m shop.clean
python -m
kubectl delete pod web-1
kubectl -n prod delete pod web-1
kubectl apply -f a.yml
kubectl -n get delete pod
kubectl exec web-1 -- rm -rf /srv
kubectl rollout restart deploy/web
kubectl scale --replicas=0 deploy/web
oc delete pod web
oc adm drain node-1
helm upgrade web ./web
helm uninstall web
terraform apply -auto-approve
terraform destroy
terraform plan -out=p
psql -c 'DROP TABLE orders'
psql -c "SELECT 1; DELETE FROM orders"
psql -f migrate.sql
psql -c 'WITH gone AS (DELETE FROM a RETURNING *) SELECT * FROM gone'
mysql -e 'UPDATE a SET b = 1'
mysql < dump.sql
gunzip < a.gz | mysql shop
mysql -e "SELECT * FROM a INTO OUTFILE '/tmp/x'"
curl -X POST https://x
curl -XDELETE https://x
curl -d a=b https://x
curl -sd @file https://x
curl -T file https://x
curl --data-raw a https://x
curl --json '{}' https://x
curl --request PUT https://x
curl -o /srv/file https://x
curl -O https://x/file
curl -F a=@b https://x
scp a host:/srv/
rsync -a a/ host:/srv/
dd if=a of=/dev/sda
kubeadm reset -f
kubeadm init
docker compose up -d
docker compose -f a.yml down
docker-compose exec -T web rm x
docker-compose run --rm web sh
docker rm -f web
docker exec web kill 1
docker system prune -f
git push
git -C /srv reset --hard
git branch -D old
git tag v2
git config user.name x
systemctl restart web
sudo -u app systemctl stop web
service web restart
apt-get install -y x
redis-cli flushall
redis-cli -n 1 DEL a
redis-cli config set maxmemory 1
aws s3 rm s3://b/x
aws ec2 terminate-instances --instance-ids i-1
aws s3api get-object --bucket a --key b /srv/c
journalctl --vacuum-size=1G
timeout 10 rm x
env A=b ./deploy.sh
xargs rm < list
find . -name '*.pyc' -delete
find . -exec rm {} +
sed -i s/a/b/ x
awk '{ print > "/srv/x" }' a
awk 'BEGIN { system("rm x") }'
sh -c 'rm x'
bash -lc "systemctl restart web"
echo $(rm x)
echo "`rm x`"
cat <(rm x)
ls > /srv/list
echo x >> /etc/hosts
> /srv/empty
echo x | tee /etc/motd
{ echo a; echo b; } > /srv/x
cat a &> /srv/b
ls | ./deploy.sh
./deploy.sh
/usr/local/bin/frob --all
$cmd
{{ tool }} now
source /srv/env
eval "rm x"
case "$x" in a|b) rm y ;; esac
for x in a b; do rm "$x"; done
if true; then systemctl stop web; fi
deploy() { rm x; }; deploy
n=$((1 + $(rm x)))
python script.py
python -c 'print(1)'
python manage.py migrate
python manage.py own_command
nginx -s reload
nginx
crontab new
tar -xzf a.tar.gz
hostname web-2
ip link set eth0 down
kill 1
pkill gunicorn
sysctl -w a=1
mount /dev/sda /mnt
wget https://x/file
rm version
rm manage.py version
trap 'rm x' EXIT
openssl genrsa -out key 2048
touch /srv/x
mkdir -p /srv/x
rm /tmp/../srv/x
sort -o a a
"""


def lines(text: str) -> list[str]:
    """One command a line; a here-document stays with its command."""
    parts = text.strip().split("\n")
    found: list[str] = []
    for part in parts:
        if found and "<<EOF" in found[-1] and not found[-1].endswith("\nEOF"):
            found[-1] += f"\n{part}"
        else:
            found.append(part)
    return found


@pytest.mark.parametrize("command", lines(READS))
def test_a_command_that_only_reads_changes_nothing(command: str) -> None:
    assert list(changes(command)) == []


@pytest.mark.parametrize("command", lines(CHANGES))
def test_a_command_that_may_change_something_counts_as_a_change(command: str) -> None:
    assert list(changes(command))


def test_a_clients_statements_are_read_from_its_standard_input() -> None:
    assert list(changes("mysql shop", "SELECT 1;\n")) == []
    assert list(changes("python manage.py dbshell", "SELECT 1;\n")) == []
    assert list(changes("psql", "DELETE FROM a;\n"))
    assert list(changes("mysql shop", ""))


def with_command(command: str, more: str = "") -> str:
    """A good runbook with a step of one command more."""
    step = f"""
[[sections]]
id = "extra"
title = "Extra"
[[sections.steps]]
id = "extra-step"
title = "Extra"
[[sections.steps.actions]]
run = {command!r}
{more}
"""
    return changed('sections = ["before", "change"]', 'sections = ["before", "change", "extra"]') + step


@pytest.mark.parametrize(
    ("command", "more", "mutates"),
    [
        ("kubectl delete pod web-1", "", True),
        ("frob --all", "", True),
        ("frob --all", "reads = true", False),
        ("kubectl get pods", "", False),
    ],
)
def test_a_step_mutates_where_its_command_may_change_something(command: str, more: str, mutates: bool) -> None:
    step = load_text(with_command(command, more), "r.toml").sections[-1].steps[0]
    assert step.mutates is mutates
    assert read_only(step) is not mutates


def test_lint_says_that_an_unknown_command_counts_as_a_change() -> None:
    (told,) = lint_text(with_command("frob --all"), "r.toml")
    assert told.message == '"frob" is not known to only read, so it counts as a change'
    assert "reads = true" in told.hint
    assert lint_text(with_command("frob --all", "reads = true"), "r.toml") == []


def test_lint_says_that_a_command_without_a_step_must_only_read() -> None:
    variable = '\n[variables.pick]\nprompt = "Which?"\nchoices_from = "{}"\n'
    text = changed("[variables.release]", variable.format("kubectl delete pod x") + "[variables.release]")
    assert any("runs without being announced" in one.message for one in lint_text(text, "r.toml"))
    text = changed("[variables.release]", variable.format("git tag -l") + "[variables.release]")
    assert not any("announced" in one.message for one in lint_text(text, "r.toml"))
