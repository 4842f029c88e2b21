"""Which place of a network that Terraform makes reaches which: routes, ways out and groups, as evaluated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Evaluated = dict[str, list[dict[str, Any]]]
EVERYWHERE = "0.0.0.0/0"
KINDS = ("public", "app", "data")
# They would add to what stands within tables and groups, where this module looks.
BESIDE = (
    "aws_route", "aws_security_group_rule", "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule",
    "aws_egress_only_internet_gateway", "aws_vpc_peering_connection", "aws_ec2_transit_gateway",
)  # fmt: skip
PROXIES = {(443, 443), (80, 80)}
OURS = (8000, 8001)
HTTPS = (443, 443)
POSTGRESQL = (5432, 5432)


def listed(value: Any) -> list[Any]:
    """Blocks of a kind are none, one or several."""
    return value if isinstance(value, list) else [] if value is None else [value]


def named(found: Evaluated, kind: str) -> dict[str, list[dict[str, Any]]]:
    """Things of a kind by the name that the module gives them, in the order of the zones."""
    by: dict[str, list[dict[str, Any]]] = {}
    for one in sorted(found.get(kind, []), key=lambda one: str(one["address"])):
        by.setdefault(re.sub(r"\[\d+\]$", "", one["address"]).rpartition(".")[2], []).append(one)
    return by


def ids(things: list[dict[str, Any]]) -> list[str]:
    return [one["id"] for one in things]


def misplaced(found: Evaluated, *, nat_in_each_zone: bool) -> list[str]:
    """What of the network is not as it is promised: who is reached, who gets out, and who must not."""
    return [
        *(f"{kind}: is not looked at here" for kind in BESIDE if found.get(kind)),
        *routed(found, nat_in_each_zone=nat_in_each_zone),
        *met(found),
    ]


def routed(found: Evaluated, *, nat_in_each_zone: bool) -> Iterator[str]:
    """Outside leads to the proxy's places, the application's lead out by a NAT, and the data's lead nowhere."""
    places = named(found, "aws_subnet")
    if sorted(places) != sorted(KINDS):
        yield f"subnets: {sorted(places)}"
        return
    tables = {one["id"]: one for one in found["aws_route_table"]}
    leads = {one["subnet_id"]: tables[one["route_table_id"]] for one in found["aws_route_table_association"]}
    yield from sited(places, leads)
    (outside,) = found["aws_internet_gateway"]
    if any(routes(leads.get(one["id"])) != [(EVERYWHERE, outside["id"])] for one in places["public"]):
        yield "public: routes"
    yield from out_by_a_nat(found, places, leads, nat_in_each_zone=nat_in_each_zone)
    if any(routes(leads.get(one["id"])) for one in places["data"]):
        yield "data: a way out"
    (default,) = found["aws_default_route_table"]
    if routes(default):
        yield "default table: a way out"
    (store,) = found["aws_vpc_endpoint"]
    of_app = {leads[one["id"]]["id"] for one in places["app"] if one["id"] in leads}
    if set(store["route_table_ids"]) != of_app or not store["service_name"].endswith(".s3"):
        yield "store: endpoint"
    (group,) = found["aws_db_subnet_group"]
    if group["subnet_ids"] != ids(places["data"]):
        yield "database: place"


def sited(places: dict[str, list[dict[str, Any]]], leads: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Each kind of place is in every zone, has a table of its own, and gives nobody an address of the internet."""
    zones = [one["availability_zone"] for one in places["public"]]
    for kind in KINDS:
        if [one["availability_zone"] for one in places[kind]] != zones or len(set(zones)) < 2:
            yield f"{kind}: zones"
        if any(one["map_public_ip_on_launch"] for one in places[kind]):
            yield f"{kind}: an address of the internet for everybody"
        yield from (f"{kind}: no table of its own" for one in places[kind] if one["id"] not in leads)


def out_by_a_nat(
    found: Evaluated,
    places: dict[str, list[dict[str, Any]]],
    leads: dict[str, dict[str, Any]],
    *,
    nat_in_each_zone: bool,
) -> Iterator[str]:
    """The application goes out by one that stands where the internet is reached, in its own zone where each has one."""
    nats = {one["id"]: one for one in found.get("aws_nat_gateway", [])}
    stands = {one["id"]: one["availability_zone"] for one in places["public"]}
    if len(nats) != (len(stands) if nat_in_each_zone else 1):
        yield "nat: how many"
    if sorted(one["allocation_id"] for one in nats.values()) != sorted(ids(found.get("aws_eip", []))):
        yield "nat: addresses"
    if not {one["subnet_id"] for one in nats.values()} <= set(stands):
        yield "nat: not where the internet is reached"
    for place in places["app"]:
        ways = routes(leads.get(place["id"]))
        if [to for to, _ in ways] != [EVERYWHERE] or ways[0][1] not in nats:
            yield "app: routes"
        elif nat_in_each_zone and stands.get(nats[ways[0][1]]["subnet_id"]) != place["availability_zone"]:
            yield "app: a way out by another zone"


def routes(table: dict[str, Any] | None) -> list[tuple[str, str]]:
    """Where a table leads, and by what."""
    return [
        (one["cidr_block"], one.get("gateway_id") or one.get("nat_gateway_id"))
        for one in listed((table or {}).get("route"))
    ]


def met(found: Evaluated) -> Iterator[str]:
    """Everybody speaks to the proxy, it alone to the application, that to the database, which speaks to nobody."""
    groups = named(found, "aws_security_group")
    if sorted(groups) != ["app", "database", "proxy"] or any(len(one) != 1 for one in groups.values()):
        yield f"groups: {sorted(groups)}"
        return
    proxy, app, database = (groups[name][0] for name in ("proxy", "app", "database"))
    places = {name: [one["cidr_block"] for one in found_] for name, found_ in named(found, "aws_subnet").items()}
    expected = {
        "proxy: in": (proxy, "ingress", [(ports, [EVERYWHERE], []) for ports in PROXIES]),
        "proxy: out": (proxy, "egress", [(OURS, places["app"], []), (HTTPS, [EVERYWHERE], [])]),
        "app: in": (app, "ingress", [(OURS, [], [proxy["id"]])]),
        "app: out": (app, "egress", [(HTTPS, [EVERYWHERE], []), (POSTGRESQL, places["data"], [])]),
        "database: in": (database, "ingress", [(POSTGRESQL, [], [app["id"]])]),
        "database: out": (database, "egress", []),
    }
    for said, (group, direction, wanted) in expected.items():
        if sorted(rules(group, direction)) != sorted(wanted):
            yield said
    for one in found["aws_default_security_group"]:
        if rules(one, "ingress") or rules(one, "egress"):
            yield "default group: open"
    for one in found["aws_db_instance"]:
        if one["vpc_security_group_ids"] != [database["id"]]:
            yield f"{one['address']}: group"


def rules(group: dict[str, Any], direction: str) -> list[tuple[tuple[int, int], list[str], list[str]]]:
    """Ports, addresses and groups of what a group lets through; a rule that says more is one that nobody expects."""
    told = []
    for one in listed(group.get(direction)):
        known = {"id", "description", "from_port", "to_port", "protocol", "cidr_blocks", "security_groups"}
        ports = (one["from_port"], one["to_port"]) if one["protocol"] == "tcp" and set(one) <= known else (0, 65535)
        told.append((ports, one.get("cidr_blocks", []), one.get("security_groups", [])))
    return told
