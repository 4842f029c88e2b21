import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

from tests.repo.sources import PACKAGES

MODELS = [model for label in PACKAGES for model in apps.get_app_config(label).get_models()]
WITH_MOVES = [model for model in MODELS if hasattr(model, "MOVES")]
named = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)


@named
def test_every_field_is_classified_as_personal_or_not(model):
    personal = getattr(model, "PersonalData", None)
    assert personal is not None, f"{model._meta.label} does not say which of its data is personal"
    fields = {field.name for field in model._meta.get_fields() if field.concrete and not field.many_to_many}
    erase, keep = set(personal.erase), set(personal.keep)
    assert erase | keep == fields
    assert erase & keep == set()


@named
def test_every_row_says_what_it_is(model):
    assert model.__str__ is not apps.get_model("contenttypes", "ContentType").__mro__[1].__str__


@pytest.mark.parametrize("model", WITH_MOVES, ids=lambda model: model._meta.label)
def test_moves_lead_from_every_state_to_known_states_and_reach_each(model):
    states = set(getattr(model, "State", None) or model.Status)
    leading = {state: set(targets) for state, targets in model.MOVES.items()}
    assert set(leading) <= states
    targets = {target for ends in leading.values() for target in ends}
    assert targets <= states
    field = next(name for name in ("state", "status") if hasattr(model, name))
    beginning = model._meta.get_field(field).default
    assert targets | {beginning} == states
    assert not [state for state, ends in leading.items() if state in ends]


def test_models_that_move_were_found():
    assert {model.__name__ for model in WITH_MOVES} >= {"Job", "Application", "UploadTicket"}


@pytest.mark.django_db
def test_the_migrations_say_what_the_models_say():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_migrations_are_named_and_one_line():
    loader = MigrationLoader(None, ignore_no_migrations=True)
    ours = [key for key in loader.disk_migrations if key[0] in PACKAGES]
    assert not [name for _, name in ours if "_auto_" in name]
    assert {
        label: loader.graph.leaf_nodes(label) for label in PACKAGES if len(loader.graph.leaf_nodes(label)) != 1
    } == {}


@pytest.mark.django_db
@pytest.mark.parametrize("label", PACKAGES)
def test_every_migration_can_be_taken_back(label):
    loader = MigrationLoader(None)
    stuck = [
        f"{key[1]}: {operation.describe()}"
        for key, migration in loader.disk_migrations.items()
        if key[0] == label
        for operation in migration.operations
        if not operation.reversible
    ]
    assert stuck == []
