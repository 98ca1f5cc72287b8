"""Which commands lose data: they are destructive in a draft, and lint says so where a step of them does not."""

import pytest

from tui.runbook.reading.lint import lint_text
from tui.runbook.shell.destroys import loses

LOSE = """
rm -rf /srv/shop/cache
sudo rm -fr /var/crash/x
rm /var/log/shop/*
ls -1dt /opt/releases/*/ | tail -n +3 | xargs -r sudo rm -rf
find /srv -type f -mtime +30 -delete
find /srv -name x -exec rm {} +
shred -u /srv/certs/pay.p12
truncate -s 0 /var/log/syslog
: > /var/log/syslog
rsync -a --delete a/ b/
journalctl --vacuum-size=500M
mkfs.xfs /dev/sdb
lvreduce -L 10G vg/lv
zfs rollback tank@x
psql shop -c 'DROP TABLE carts'
psql shop < dump.sql
mysql shop -e 'DELETE FROM carts'
pg_restore -d shop x.dump
patronictl -c p.yml failover shop --force
sudo -u postgres patronictl reinit shop db2
pgbackrest --stanza=main restore
etcdctl snapshot restore x.db
velero restore create --from-backup x
./bin/migrate up --allow-destructive
php artisan migrate:fresh
rails db:drop
alembic downgrade -1
python manage.py flush
redis-cli FLUSHALL
redis-cli del cart:7
redis-cli --scan --pattern 'tmp:*' | xargs redis-cli del
redis-cli -h redis-2 replicaof redis-1 6379
rm -f /var/lib/kubelet/pki/kubelet-client-*
postqueue -j | jq -r .queue_id | postsuper -d -
rabbitmqctl purge_queue orders
kafka-topics.sh --bootstrap-server x --delete --topic orders
curl -X DELETE http://s.example/logs-*
curl -s -XDELETE 'http://s.example/logs-*'
curl -s -X POST http://s.example/_snapshot/n/l/_restore
aws ec2 terminate-instances --instance-ids i-1
aws rds delete-db-instance --db-instance-identifier x
gcloud compute instances delete web
az group delete -n x
aws s3 rm s3://x --recursive
terraform destroy
terraform apply -destroy
kubectl delete pvc data-0
kubectl -n x delete namespace shop
helm -n x uninstall shop
kubeadm reset
docker compose down -v
docker system prune -af
docker rm -fv db
consul kv delete -recurse x
git push --force origin main
git reset --hard HEAD~1
git clean -fdx
sudo reboot
kubectl exec db-0 -- rm -rf /data/x
docker exec -i redis redis-cli FLUSHDB
""".strip().split("\n")

KEEP = """
rm -f /run/shop.pid
rm -v /run/shop.pid
ls -l /srv
grep -r shutdown /var/log
grep -c 'DROP TABLE' dump.sql
find /srv -type f -mtime +30 -print
journalctl --disk-usage
systemctl restart shop
systemctl stop shop
kubectl delete pod web-0
kubectl delete job rebuild
kubectl rollout undo deployment/shop
kubectl drain node-1 --ignore-daemonsets
helm rollback shop 47
helm upgrade shop ./chart
git push origin main
git checkout v1
terraform apply x.tfplan
aws ecs update-service --cluster x --desired-count 0
aws ec2 describe-instances
aws s3 ls
docker compose down
docker rm web
psql shop -c 'UPDATE carts SET x = 1'
mysql -e 'SELECT 1'
pg_dump -f /backup/x shop
restic snapshots
curl -X POST http://s.example/_cluster/reroute
curl -s http://s.example/_restore
rabbitmqctl list_queues
redis-cli get cart:7
redis-cli -h redis-2 replicaof no one
echo x > /tmp/note
apt-get install -y nginx
""".strip().split("\n")


@pytest.mark.parametrize("command", LOSE)
def test_a_command_that_loses_data_is_known(command: str) -> None:
    assert loses(command)


@pytest.mark.parametrize("command", KEEP)
def test_a_command_that_loses_nothing_is_none_of_them(command: str) -> None:
    assert loses(command) == ""


def test_what_is_typed_into_a_client_counts() -> None:
    assert loses("redis-cli", "SELECT 3\nFLUSHDB\n") == "FLUSHDB"
    assert loses("cat", "rm -rf /\n") == ""


@pytest.mark.parametrize(("danger", "doubts"), [("", 1), ('danger = "caution"', 0), ('danger = "destructive"', 0)])
def test_lint_says_where_a_step_loses_data_and_does_not_say_so(danger: str, doubts: int) -> None:
    text = f"""format = 2
[runbook]
title = "T"
default_host = "here"
[hosts.here]
local = true
[flows.change]
title = "C"
kind = "change"
sections = ["a"]
[[sections]]
id = "a"
title = "A"
[[sections.steps]]
id = "one"
title = "One"
mutates = true
{danger}
run = "patronictl reinit shop db2 --force"
"""
    found = [one for one in lint_text(text, "runbook.toml") if "lose data" in one.message]
    assert len(found) == doubts
    assert all(one.severity == "warning" for one in found)
