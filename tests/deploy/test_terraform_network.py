"""Who is reached and who gets out, in the network that Terraform would make, and mistakes in it that would be seen."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.deploy.places import Evaluated, misplaced
from tests.deploy.test_terraform import ENVIRONMENTS, FOLDER, INSTALLATION, evaluate

pytestmark = pytest.mark.deploy
NETWORK = "modules/network/main.tf"
OWN_NAT = "[var.nat_in_each_zone ? count.index : 0]"
BY_A_NAT = f"nat_gateway_id = aws_nat_gateway.this{OWN_NAT}.id"
BY_THE_GATEWAY = "gateway_id = aws_internet_gateway.this.id"
APP_TABLE = "route_table_id = aws_route_table.app[count.index].id"
DATA_TABLE = "route_table_id = aws_route_table.data.id"
FROM_THE_PROXY = "security_groups = [aws_security_group.proxy.id]"
FROM_THE_APP = "security_groups = [aws_security_group.app.id]\n  }\n"
ROUTE = f'route {{\n    cidr_block = "0.0.0.0/0"\n    {BY_THE_GATEWAY}\n  }}'
WAY_OUT = """  egress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
"""


@pytest.fixture(scope="module")
def evaluated() -> dict[str, Evaluated]:
    return dict(zip(ENVIRONMENTS, evaluate(*(FOLDER / "environments" / name for name in ENVIRONMENTS)), strict=True))


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_outside_reaches_the_proxy_alone_the_application_gets_out_and_the_data_does_not(evaluated, name):
    assert misplaced(evaluated[name], nat_in_each_zone=name == "production") == []


def test_neither_environment_has_addresses_of_the_other(evaluated):
    assert len({one["cidr_block"] for found in evaluated.values() for one in found["aws_vpc"]}) == len(ENVIRONMENTS)


def test_whoever_makes_the_machines_is_told_where_each_belongs():
    for output in ("public_subnets", "proxy_group", "app_subnets", "app_group"):
        assert f"value = module.network.{output}\n" in (FOLDER / INSTALLATION).read_text()


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        (NETWORK, BY_THE_GATEWAY, "gateway_id = aws_nat_gateway.this[0].id", "public: routes"),
        (NETWORK, BY_A_NAT, BY_THE_GATEWAY, "app: routes"),
        (NETWORK, APP_TABLE, DATA_TABLE, "app: routes"),
        (NETWORK, BY_A_NAT, BY_A_NAT.replace(OWN_NAT, "[0]"), "app: a way out by another zone"),
        (NETWORK, DATA_TABLE, APP_TABLE, "data: a way out"),
        (NETWORK, DATA_TABLE, "route_table_id = aws_route_table.public.id", "data: a way out"),
        (NETWORK, "  route = []\n  tags  =", f"  {ROUTE}\n  tags  =", "data: a way out"),
        (NETWORK, "aws_subnet.data[count.index].id", "aws_subnet.app[count.index].id", "data: no table of its own"),
        (NETWORK, "  subnet_id     = aws_subnet.public[", "  subnet_id     = aws_subnet.app[", "nat: not where"),
        (NETWORK, "count         = var.nat_in_each_zone ? length(var.zones) : 1", "count = 1", "nat: how many"),
        (NETWORK, "  route                  = []", f"  {ROUTE}", "default table: a way out"),
        (NETWORK, "aws_route_table.app[*].id", "[aws_route_table.data.id]", "store: endpoint"),
        (NETWORK, "200 + count.index)\n  map_public_ip_on_launch = false",
         "200 + count.index)\n  map_public_ip_on_launch = true", "public: an address"),
        (NETWORK, "var.zones[count.index]\n  cidr_block              = cidrsubnet(var.cidr, 8, 100",
         "var.zones[0]\n  cidr_block              = cidrsubnet(var.cidr, 8, 100", "data: zones"),
        (NETWORK, FROM_THE_PROXY, 'cidr_blocks = ["0.0.0.0/0"]', "app: in"),
        (NETWORK, FROM_THE_PROXY, "cidr_blocks = [var.cidr]", "app: in"),
        (NETWORK, FROM_THE_PROXY, f"self = true\n    {FROM_THE_PROXY}", "app: in"),
        (NETWORK, FROM_THE_APP, FROM_THE_APP.replace("app.id", "proxy.id"), "database: in"),
        (NETWORK, FROM_THE_APP, FROM_THE_APP + WAY_OUT, "database: out"),
        (NETWORK, "cidr_blocks = aws_subnet.app[*].cidr_block", "cidr_blocks = [var.cidr]", "proxy: out"),
        (NETWORK, "from_port   = 80\n    to_port     = 80\n", "from_port = 22\n    to_port = 80\n", "proxy: in"),
        (NETWORK, '"closed" {\n', f'"closed" {{\n{WAY_OUT}', "default group: open"),
        (INSTALLATION, "= module.network.database_group", "= module.network.app_group", "this: group"),
        (INSTALLATION, "= module.network.data_subnets", "= module.network.app_subnets", "database: place"),
    ],
)  # fmt: skip
def test_a_way_that_should_not_be_or_is_missing_is_seen(tmp_path: Path, path, old, new, said):
    tree = shutil.copytree(FOLDER, tmp_path / "terraform")
    text = (tree / path).read_text()
    assert old in text
    (tree / path).write_text(text.replace(old, new))
    (found,) = evaluate(tree / "environments/production")
    wrong = misplaced(found, nat_in_each_zone=True)
    assert any(said in one for one in wrong), wrong
