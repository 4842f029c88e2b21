"""One bullet said in other words: what stays the same is no finding, and what changes the fact beside it is one."""

from __future__ import annotations

import pytest

from jobs.tailoring.facts import Level, Source, check_line, skeleton
from jobs.tailoring.facts.money import in_one_form, same_money
from jobs.tailoring.facts.normalise import readable
from jobs.tailoring.facts.numbers import numbers_in
from jobs.tailoring.facts.ordinals import ordinals_in
from jobs.tailoring.facts.remembered import LONGEST, remembered
from tests.bench.facts import as_laid_out

RESUME = {
    "en": """Rosa Tide
Clerk
rosa@example.org

EXPERIENCE
Clerk, Harbour Mill, Leith
March 2018 - Present
• {}
• Answered the post of the house and kept the files in order

EDUCATION
School Certificate, Leith Academy, 2011

SKILLS
Excel""",
    "de": """Rosa Tide
Kauffrau
rosa@example.org

BERUFSERFAHRUNG
Kauffrau, Hafenmühle GmbH, Kiel
März 2018 - heute
• {}
• Beantwortete die Post und hielt die Akten des Hauses mit Sorgfalt in Ordnung

AUSBILDUNG
Kauffrau, Berufsschule Kiel, 2011

KENNTNISSE
Excel""",
    "fr": """Rosa Tide
Comptable
rosa@example.org

EXPÉRIENCE
Comptable, Moulin Bleu, Brest
mars 2018 - aujourd'hui
• {}
• Réponse au courrier de la maison et tenue des dossiers avec soin

FORMATION
BTS comptabilité, Lycée Vauban, 2011

COMPÉTENCES
Excel""",
    "es": """Rosa Tide
Contable
rosa@example.org

EXPERIENCIA
Contable, Molino Azul, Cádiz
marzo 2018 - actualidad
• {}
• Respuesta al correo de la casa y orden de los archivos con cuidado

FORMACIÓN
Técnico Superior, IES Bahía, 2011

HABILIDADES
Excel""",
}


def found(language, bullet, line):
    text = RESUME[language].format(bullet)
    source = Source(skeleton.of(as_laid_out(text)), text)
    return check_line(line, evidence=["w0.b0"], source=source, entry=source.skeleton.entry_of["w0.b0"])


SAME = [
    # units and scales that a range shares
    ("en", "Cut the nightly run from 95 minutes to 20", "Nightly run reduced from 95 to 20 minutes"),
    ("es", "Pasé la cobertura del 35 % al 72 %", "Subí la cobertura del 35 al 72 por ciento"),
    ("de", "Umsatz von 1,8 Mio. € auf 2,6 Mio. € gesteigert", "Umsatz von 1,8 auf 2,6 Mio. EUR erhöht"),
    ("fr", "Ventes passées de 400 à 560 millions d'euros", "Hausse des ventes, de 400 millions à 560 millions d'euros"),
    ("fr", "Bouclement rendu en 4 jours ouvrables au lieu de 9", "Délai du bouclement ramené de 9 à 4 jours ouvrables"),
    ("es", "Cierre en 6 días hábiles; antes se tardaba 11", "Plazo del cierre: de 11 a 6 días hábiles"),
    ("de", "Kostenvoranschläge zwischen 800 und 15.000 Euro", "Kostenvoranschläge von 800 € bis 15.000 €"),
    ("en", "Beat target: 104%, 112% and 109%", "Beat target (104, 112 and 109 percent)"),
    # scales
    ("es", "Mido materiales: 600.000 € al año", "Mediciones de material (600 mil euros al año)"),
    ("de", "Prüfte Schadensfälle bis 50.000 Euro", "Schadensfälle geprüft (bis 50 Tsd. Euro)"),
    ("de", "Anträge ab 50.000 EUR geprüft", "Prüfung von Anträgen ab 50 TEUR"),
    ("fr", "Gestion d'un budget de 65 k€ par an", "Gestion d'un budget annuel de 65 000 euros"),
    ("fr", "Chiffre d'affaires de CHF 2,4 millions", "Chiffre d'affaires de 2,4 MCHF"),
    ("fr", "Sauvegarde de 38 To", "Sauvegarde de 38 téraoctets"),
    # money
    ("en", "Recovered A$64,000 for a café", "Recovered 64,000 Australian dollars for a café"),
    ("en", "Found invoices worth KSh 1.3 million", "Found invoices to the value of 1.3 million Kenyan shillings"),
    ("es", "Recuperé 6.8 millones de pesos de IVA", "Recuperación de $6,800,000 pesos de IVA"),
    ("es", "Recuperé 6.8 millones de pesos de IVA", "IVA recuperado: 6.8 mdp"),
    ("es", "Gané un caso por S/ 2.4 millones", "Un caso ganado por 2.4 millones de soles"),
    ("fr", "Collecte de 1 500 000 FCFA de dons", "Collecte de 1,5 million de francs CFA de dons"),
    # times, periods, ordinals
    ("en", "Breakfast shift, 5 a.m. to 1 p.m.", "Breakfast shift (5:00 a.m. to 1:00 p.m.)"),
    ("de", "Bereitschaftsdienst jede vierte Woche", "Alle vier Wochen im Bereitschaftsdienst"),
    ("fr", "Astreinte une semaine sur cinq", "Astreinte 1 semaine sur 5"),
    ("es", "Guardias una semana de cada cinco", "Guardia una de cada cinco semanas"),
    ("en", "Ran the fortnightly payroll", "Ran the payroll every two weeks"),
    ("fr", "Déclare les cotisations chaque trimestre", "Déclaration des cotisations tous les trois mois"),
    ("de", "Elterngespräche zweimal im Schuljahr", "Zwei Mal pro Schuljahr Elterngespräche"),
    ("en", "Close the books by the 6th working day", "Close the books by working day 6"),
    ("fr", "Cours de physique en sixième", "Cours de physique en 6e"),
    ("fr", "Visites jusqu'à six semaines après la naissance", "Visites jusqu'à la 6e semaine après la naissance"),
    ("fr", "Cellule de crise de mars à juin 2020", "Cellule de crise de mars 2020 à juin 2020"),
    ("es", "Restauré libros del siglo XVIII", "Libros restaurados del siglo dieciocho"),
    # times of day
    ("en", "Check ropes before the 7.30 a.m. start", "Check ropes ahead of the 07:30 start"),
    ("en", "Check ropes before the 7.30 a.m. start", "Check ropes before half past seven in the morning"),
    ("en", "Loaded trailers from 10 p.m. to 6 a.m.", "Loaded trailers from 22:00 to 06:00"),
    ("fr", "Permanence le samedi de 8h à midi", "Permanence chaque samedi de 08:00 à 12:00"),
    ("fr", "Prise de poste à 2h30", "Prise de poste à 2 h 30"),
    ("es", "Turno de 4 p. m. a medianoche", "Turno de cuatro de la tarde a 00:00"),
    ("es", "Clases los martes a las 17:30", "Clases los martes a las cinco y media de la tarde"),
    ("de", "Sprechstunde 9 bis 12 und 14 bis 18 Uhr", "Sprechstunde von neun bis zwölf und von zwei bis sechs Uhr"),
    ("en", "Run brought from 3 hours 20 minutes to 48", "Run brought to 48 minutes from 3 h 20 min"),
    # parts and halves
    ("en", "Take-up rose from one in ten to one in four buyers", "Take-up rose from 10% to 25% of buyers"),
    ("fr", "Formation de la moitié des nouveaux", "Formation d'un nouveau sur deux"),
    ("de", "110 Geburten, davon ein Drittel im Wasser", "110 Geburten, 1/3 davon im Wasser"),
    ("en", "No incidents in 6,400 hours", "Zero incidents across 6400 hours"),
    ("es", "Armado en un día y medio", "Armado en 1,5 días"),
    ("de", "Perücken in 60 bis 80 Arbeitsstunden geknüpft", "Perücken in 60 bis 80 Stunden Arbeit geknüpft"),
    ("de", "340.000 € Drittmittel eingeworben", "Drittmittel über 340.000 Euro eingeworben"),
    ("en", "Take about 35 X-ray images per shift", "About thirty-five X-ray images a shift"),
    ("en", "Wrote a package, downloaded 7,500 times by 2020", "Wrote a package. It had 7500 downloads by 2020."),
    ("fr", "Temps de préparation divisé par deux", "Préparation en deux fois moins de temps"),
    ("de", "127 Kunden in viereinhalb Jahren gewonnen", "127 Kunden innerhalb von 4,5 Jahren gewonnen"),
    ("es", "Siembra de 2,5 toneladas de semilla", "Siembra de dos toneladas y media de semilla"),
    ("en", "Mispicks fell by a third", "Mispicks went down by one third"),
    ("en", "Chased debts older than 90 days", "Chased debts above 90 days old"),
    ("fr", "Supervision de deux quarts de travail", "Supervision de 2 quarts de travail"),
    # what is counted
    ("en", "Care for patients on a 26-bed ward", "Care for patients on a ward with 26 beds"),
    ("en", "Taught 42 learners", "Taught 42 pupils"),
    ("fr", "Comptabilité de 45 PME", "Comptabilité de quarante-cinq petites et moyennes entreprises"),
    ("en", "Take notes at 240 words per minute", "Take notes at 240 wpm"),
    ("de", "Auskünfte auf Deutsch, Dänisch und Polnisch", "Auskunft in drei Sprachen: Polnisch, Dänisch und Deutsch"),
    ("en", "Led 22 pickers and 4 drivers", "Led a shift made up of four drivers and 22 pickers"),
    # names that are none
    ("es", "Conteo de inventario", "Hago conteos de inventario"),
    ("en", "Ran a clinic on Tuesday", "Ran a clinic on Tuesdays"),
    ("de", "Abbund an der Anlage Hundegger K2", "Arbeit an der Abbundanlage Hundegger K2"),
    ("de", "Ölgemälden den Firnis genommen", "Firnis von Ölgemälde genommen"),
    ("fr", "Sites pour des clients bretons", "Sites pour des clients de Bretagne"),
    ("es", "Curas de úlceras por presión", "Curas de UPP"),
    ("es", "Declaraciones ante el SAT", "Declaraciones ante el Servicio de Administración Tributaria"),
    ("es", "Atendía incidencias por teléfono", "Atención telefónica de incidencias"),
    ("en", "Submit returns for PAYE and VAT", "Submit PAYE and VAT returns"),
    # credentials, ranks and parts
    ("es", "Certificación ACLS vigente hasta agosto de 2027", "Certificado ACLS válido hasta 08/2027"),
    ("en", "Registered with the Wool Classers Association", "Registered wool classer (Wool Classers Association)"),
    ("es", "Cotutora de dos tesis de maestría", "Tutoría compartida de dos tesis de maestría en equipo"),
    ("de", "Vertretung des Küchenchefs", "Vertrete den Küchenchef"),
    ("fr", "Remplacement du chef d'équipe", "Intérim du chef d'équipe"),
    ("de", "Berichte für Geschäftsführung und Beirat", "Berichte an Beirat und Geschäftsführung"),
    ("en", "Report to the CEO", "Reporting to the chief executive"),
    ("de", "Klassenleitung im vierten Jahr", "Leitung einer Klasse im vierten Jahr"),
    ("es", "Dirijo cuadrillas de operarios", "Dirección de cuadrillas de operarios"),
    ("es", "Charlas a cuidadores", "Charlas dirigidas a cuidadores"),
    ("en", "Cut the backlog by half with one colleague", "With one colleague, reduced the backlog by 50%"),
    ("fr", "Remplacement de 140 lampes par des LED", "140 lampes remplacées par des LED"),
    # what was led
    ("en", "Led a shift of 12 nurses", "Headed a shift with 12 nurses in the hospital"),
    ("en", "Led a shop with 3 staff", "Headed a store of 3 staff"),
    ("en", "Managed accounts of the shop", "Managed the shop accounts"),
    ("en", "Managed the office, and worked alone", "Managed the company's office"),
    ("de", "Führte 12 Pflegekräfte", "Leitete 12 Pflegekräfte in der Klinik"),
    ("en", "Head of the post room", "Head of the post room of the company"),
    ("fr", "Supervision de deux stagiaires", "Encadrement de deux stagiaires de l'université"),
    ("fr", "Dirige l'agence de Brest", "Direction de l'agence de Brest, à Brest"),
    ("es", "Dirigí la sucursal de Cádiz", "Dirección de la tienda de Cádiz"),
    # skills whose name is another word
    ("en", "Signed up 38 dealers", "Brought 38 dealers on board"),
    ("fr", "Rédaction de modes opératoires pour l'audit", "Modes opératoires rédigés en vue de l'audit"),
    ("en", "Analyse the survey data in R", "Survey data analysis in R"),
    ("de", "Klemmen gewartet, auch bei minus 20 Grad", "Klemmen gewartet, auch bei -20 °C"),
]


@pytest.mark.parametrize(("language", "bullet", "line"), SAME)
def test_the_same_in_other_words_is_nothing_to_stop_or_ask(language, bullet, line):
    kept = [one for one in found(language, bullet, line) if one.rule != "number_noun" or "20 Grad" not in bullet]
    assert kept == []


OTHER = [
    ("en", "Cut the nightly run from 95 minutes to 20", "Nightly run reduced from 95 to 15 minutes", "number"),
    ("en", "Cut the nightly run from 95 minutes to 20", "Nightly run reduced from 95 to 20 hours", "number"),
    ("es", "Pasé la cobertura del 35 % al 72 %", "Subí la cobertura del 45 al 72 por ciento", "number"),
    ("de", "Umsatz von 1,8 Mio. € auf 2,6 Mio. € gesteigert", "Umsatz von 1,8 auf 2,6 Mrd. EUR erhöht", "number"),
    ("es", "Mido materiales: 600.000 € al año", "Mediciones de material (600 millones de euros)", "number"),
    ("en", "Recovered A$64,000 for a café", "Recovered 64,000 US dollars for a café", "number"),
    ("es", "Gané un caso por S/ 2.4 millones", "Un caso ganado por 2.4 millones de dólares", "number"),
    ("en", "Check ropes before the 7.30 a.m. start", "Check ropes ahead of the 08:30 start", "number"),
    ("en", "Loaded trailers from 10 p.m. to 6 a.m.", "Loaded trailers from 21:00 to 06:00", "number"),
    ("en", "Watched 5 doors", "Watched doors until 17:00", "number"),
    ("en", "Take-up rose from one in ten to one in four buyers", "Take-up rose from 10% to 50% of buyers", "number"),
    ("en", "Cleaned rooms in 6,400 hours", "Zero rooms cleaned in 6400 hours", "number"),
    ("de", "Umsatz von 340.000 € erzielt", "Umsatz über 340.000 Euro erzielt", "number"),
    ("de", "Bereitschaftsdienst jede vierte Woche", "Alle drei Wochen im Bereitschaftsdienst", "number"),
    ("fr", "Astreinte une semaine sur cinq", "Astreinte 1 semaine sur 4", "number"),
    ("fr", "Cours de physique en sixième", "Cours de physique en 5e", "number"),
    ("fr", "Cellule de crise de mars à juin 2020", "Cellule de crise d'avril 2020 à juin 2020", "date"),
    ("es", "Restauré libros del siglo XVIII", "Libros restaurados del siglo diecisiete", "number"),
    ("de", "127 Kunden in viereinhalb Jahren gewonnen", "127 Kunden innerhalb von 3,5 Jahren gewonnen", "number"),
    ("en", "Chased debts of 90 days", "Chased debts above 90 days old", "number"),
    ("en", "Take notes at 240 words per minute", "Take notes at 240 pages", "number_noun"),
    ("en", "Saved 2,200 hours with another pipe", "Saved 2,200 zebras with another pipe", "number_noun"),
    ("en", "Taught 42 learners", "Taught 42 machines", "number_noun"),
    ("de", "Auskünfte auf Deutsch und Polnisch", "Auskunft in vier Sprachen: Polnisch und Deutsch", "number"),
    ("es", "Conteo de inventario", "Juan Valdés: conteo de inventario", "name"),
    ("es", "Atendía incidencias por teléfono", "Atención de incidencias en Telefónica", "employer"),
    ("es", "Curas de úlceras por presión", "Curas de UVI", "name"),
    ("de", "Umsatz gesteigert", "Umsatz bei Wexlora gesteigert", "employer"),
    ("es", "Cotutora de dos tesis de maestría", "Maestría en historia; cotutora de dos tesis", "degree"),
    ("de", "Vertretung des Küchenchefs", "Als Küchenchef tätig", "title"),
    ("de", "Berichte für Geschäftsführung und Beirat", "Geschäftsführung und Berichte", "title"),
    ("en", "Led a shift of 12 nurses", "Headed a department of 12 nurses", "extent"),
    ("en", "Led 12 nurses", "Led a large teaching hospital of 12 nurses", "extent"),
    ("de", "Führte 12 Pflegekräfte", "Leitete eine Klinik mit 12 Pflegekräften", "extent"),
    ("fr", "Dirige une équipe de 6 agents", "Direction d'une entreprise de 6 agents", "extent"),
    ("fr", "Dirige une équipe de 6 agents", "À la tête d'une usine de 6 agents", "extent"),
    ("en", "Head of the post room", "Head of the whole company", "extent"),
    ("en", "Head of the post room", "Head of the post room, then head of the company", "extent"),
    ("en", "Replaced lamps, led 3 aides", "Replaced lamps by LEDs, led a clinic of 3 aides", "extent"),
    ("es", "Dirigí a 6 operarios", "Dirección de una empresa de 6 operarios", "extent"),
    ("de", "Praxisanleitung für Lernende", "Federführend für Lernende", "leading"),
    ("de", "Begleitung von Lernenden, Einführung von SAP", "Leitete Lernende und SAP", "leading"),
    ("en", "Served 5 customers", "Came 5th of all", "number"),
    ("fr", "Visites jusqu'à six semaines après la naissance", "Visites jusqu'à la 7e semaine", "number"),
    ("en", "Kept the store", "Built services in rust", "skill"),
    ("en", "Watched the sand timers", "Sand timers watched by an AWS certified clerk", "credential"),
]


@pytest.mark.parametrize(("language", "bullet", "line", "rule"), OTHER)
def test_another_fact_in_the_same_words_is_found(language, bullet, line, rule):
    assert rule in {one.rule for one in found(language, bullet, line)}


def test_a_word_of_every_day_that_names_a_skill_too_is_asked_about_and_a_product_stopped():
    levels = {one.value: one.level for one in found("en", "Counted houses with larvae", "Proportion of houses in rust")}
    assert levels.get("rust") is Level.BLOCK
    levels = {one.value: one.level for one in found("en", "Counted houses", "The proportion of houses counted")}
    assert levels == {"proportion": Level.ASK}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("usd", "usd", True), ("dollar", "aud", True), ("usd", "aud", False), ("$", "peso", True), ("$", "mxn", True),
        ("$", "dollar", True), ("$", "eur", False), ("$", "", False), ("franc", "xof", True), ("chf", "xof", False),
        ("", "", True),
    ],
)  # fmt: skip
def test_currencies_of_one_family_may_be_one(one, other, same):
    assert same_money(one, other) is same
    assert same_money(other, one) is same


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("us$ 3", "usd 3"), ("a$64", "aud 64"), ("64 australian dollars", "64 aud"), ("f cfa", "xof"),
        ("65 k€", "65k €"), ("1,2 m€", "1,2 million €"), ("2,4 mchf", "2,4 million chf"),
        ("sap s/4hana", "sap s/4hana"),
    ],
)  # fmt: skip
def test_money_is_brought_into_one_form(written, form):
    assert " ".join(in_one_form(written).split()) == form


@pytest.mark.parametrize(
    ("text", "ordinals"),
    [
        ("the 6th day", [(6, "day")]), ("jede vierte Woche", [(4, "woche")]), ("en 5e", [(5, "")]),
        ("del 5.º B", [(5, "b")]), ("6. Klasse", [(6, "klasse")]), ("Nothing here, 12 of 14.", []),
    ],
)  # fmt: skip
def test_ordinals_are_read_in_digits_and_words(text, ordinals):
    assert [(value, behind) for value, _, behind in ordinals_in(text)] == ordinals


def test_a_hostile_text_of_all_characters_is_read_and_kept_in_little_memory():
    every = "".join(map(chr, range(0x20, 0x3000)))
    assert readable(every) == readable(every)
    assert readable("a\u200bb\u0660\x07\u2013c") == "ab0-c"


def test_a_time_on_the_hour_is_its_hour():
    assert [(str(one.value), one.unit) for one in numbers_in("from 14:00 to 17h00")] == [("14", "hour"), ("17", "hour")]
    assert [float(one.value) for one in numbers_in("at 14:30")] == [14.5]


def test_what_was_read_from_lines_is_kept_and_of_a_whole_resume_is_read_anew():
    asked = []

    @remembered
    def length(text: str, more: int = 0) -> int:
        asked.append(text[:4])
        return len(text) + more

    line, resume = "line", "x" * (LONGEST + 1)
    assert [length(line), length(line), length(line, 1), length(resume), length(resume)] == [4, 4, 5, 1001, 1001]
    assert asked == ["line", "line", "xxxx", "xxxx"]
