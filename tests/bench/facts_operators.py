"""What the bench invents, by class and language: each operator puts one false statement into a faithful line.

Where the checker has a general rule (numbers, employers, addresses, what a number counts) the words stand in none of
its tables; where it has a closed table (degrees, certificates, ranks, levels of languages, who did it) they are of the
trade, and what is in no table is not found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LANGUAGES = ("en", "de", "fr", "es")


# What a resume has that names such a thing in some form: a degree of that level, or one that heads something.
_DEGREE = re.compile(
    r"ph\.?\s?d|doctor|doktor|\bdr\.|m\.?sc|m[aá]ster|magister|mba|maestr[ií]a|mastère|ma[iî]trise en|diplom-|habilit",
    re.IGNORECASE,
)
# What somebody is said to have led, in the sentences of that class.
_LED = frozenset(
    ("house", "board", "team", "branch", "filiale", "haus", "agence", "maison", "équipe", "sucursal", "casa", "equipo")
)
# Who heads one thing may be called the head of another: the checker tells them apart by units of organisations alone.
_HEADS = re.compile(
    r"leiter|leitung|chef|vorarbeiter|meister|\bjef[ae]|responsable|oberärzt|oberarzt|encargad|\bhead|manager|supervis",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Invention:
    """A class of inventions: sentences by language, `{text}` being the faithful line and `{small}` it within one."""

    kind: str
    # Whether a person being asked is enough.
    ask: bool
    said: dict[str, tuple[str, ...]]

    def stands_in(self, whole: str, language: str, at: int) -> bool:
        """Whether the resume itself says so: it names that company, or a degree of that level."""
        said = self.said[language]
        added = re.findall(r"[^\W\d_]{4,}", said[at % len(said)].replace("{text}", "").replace("{small}", ""))
        # The headline, the titles, the studies and the languages: what the person says to be.
        standing = "\n".join(line for line in whole.splitlines() if not line.startswith("•"))
        if self.kind == "degree":
            return bool(_DEGREE.search(whole))
        if self.kind == "rank":
            return bool(_HEADS.search(" ".join(added)) and _HEADS.search(standing))
        if self.kind in ("who did it", "seniority verb"):
            # Of what the resume tells of, its own words may say as much.
            led = [one for one in added if one.casefold() in _LED]
            return any(re.search(rf"\b{one}", whole, re.IGNORECASE) for one in led)
        if self.kind in ("certificate", "level of a language"):
            # Who is a master of a trade, or speaks that language, invents neither.
            return any(one[:6].casefold() in standing.casefold() for one in added if len(one) > 5)
        return self.kind == "well-known employer" and any(one.casefold() in whole.casefold() for one in added)

    def put(self, text: str, language: str, at: int) -> str:
        """The line made wrong; `at` says which of the sentences."""
        said = self.said[language]
        return said[at % len(said)].format(text=text, small=text[0].lower() + text[1:])


INVENTIONS = [
    Invention("number in words", False, {
        "en": ("{text} with eighty-seven colleagues", "{text}, four hundred and thirteen in all",
               "{text}, up by fifty-eight per cent", "{text} during twenty-nine years",
               "{text} for three thousand four hundred euros", "{text} in seventeen towns"),
        "de": ("{text} mit siebenundachtzig Kollegen", "{text}, insgesamt vierhundertdreizehn",
               "{text} und achtundfünfzig Prozent mehr", "{text} in neunundzwanzig Jahren",
               "{text} für dreitausendvierhundert Euro", "{text} in siebzehn Orten"),
        "fr": ("{text} avec quatre-vingt-sept collègues", "{text}, quatre cent treize en tout",
               "{text}, soit cinquante-huit pour cent de plus", "{text} pendant vingt-neuf ans",
               "{text} pour trois mille quatre cents euros", "{text} dans dix-sept villes"),
        "es": ("{text} con ochenta y siete compañeros", "{text}, cuatrocientos trece en total",
               "{text}, un cincuenta y ocho por ciento más", "{text} durante veintinueve años",
               "{text} por tres mil cuatrocientos euros", "{text} en diecisiete ciudades"),
    }),
    Invention("rough amount", True, {
        "en": ("{text} over a decade of work", "{text} with scores of helpers", "{text} for a couple hundred guests",
               "{text}, better by an order of magnitude", "{text} in decades of practice", "{text}, down to a tenth"),
        "de": ("{text} mit Dutzenden Helfern", "{text}, um ein Neuntel besser", "{text} in jahrzehntelanger Arbeit",
               "{text} für Hunderte von Fällen", "{text} und drei Fünftel weniger Kosten"),
        "fr": ("{text} avec des dizaines d'aides", "{text}, soit deux cinquièmes de plus",
               "{text} pendant des décennies de travail", "{text} pour des milliers de cas",
               "{text} pour une soixantaine de cas"),
        "es": ("{text} con decenas de ayudantes", "{text}, dos quintos más", "{text} durante décadas de trabajo",
               "{text} para miles de casos", "{text} para una cincuentena de casos"),
    }),
    Invention("multiplied", False, {
        "en": ("{text}, which quintupled sales", "{text} with a fifteenfold return",
               "{text} and multiplied sales by nine"),
        "de": ("{text}, was den Absatz verfünffachte", "{text} mit fünfzehnfachem Ertrag",
               "{text} und vervierfachte den Absatz"),
        "fr": ("{text}, ce qui a quintuplé les ventes", "{text} et a multiplié les ventes par neuf",
               "{text}, les ventes ayant quadruplé"),
        "es": ("{text}, lo que quintuplicó las ventas", "{text} y multiplicó las ventas por nueve",
               "{text} y cuadruplicó las ventas"),
    }),
    Invention("employer in small letters", True, {
        "en": ("{text} at wexlora", "{text} for brontiva", "Ex-zalmeric: {small}", "{text} at quorvex labs"),
        "de": ("{text} bei wexlora", "{text} für brontiva", "Ex-zalmeric: {text}", "{text} bei quorvex"),
        "fr": ("{text} chez wexlora", "{text} pour brontiva", "Ex-zalmeric : {small}", "{text} chez quorvex"),
        "es": ("{text} en wexlora", "{text} para brontiva", "Ex-zalmeric: {small}", "{text} en quorvex"),
    }),
    Invention("employer at the start", True, {
        "en": ("Wexlora's team: {small}", "Zalmeric payments: {small}", "Brontiva, where I {small}"),
        "de": ("Wexloras Team: {text}", "Zalmeric Zahlungen: {text}", "Brontiva: {text}"),
        "fr": ("Wexlora, son équipe : {small}", "Zalmeric paiements : {small}", "Brontiva : {small}"),
        "es": ("Wexlora, su equipo: {small}", "Zalmeric pagos: {small}", "Brontiva: {small}"),
    }),
    Invention("well-known employer", False, {
        "en": ("{text} at google", "{text} for siemens", "Netflix's team: {small}", "{text} at ikea"),
        "de": ("{text} bei siemens", "{text} für lufthansa", "Ex-bosch: {text}", "{text} bei zalando"),
        "fr": ("{text} chez renault", "{text} pour danone", "Ex-airbus : {small}", "{text} chez decathlon"),
        "es": ("{text} en telefónica", "{text} para inditex", "Ex-repsol: {small}", "{text} en mercadona"),
    }),
    Invention("degree", False, {
        "en": ("{text}, holding a doctorate", "Dr. Nobody: {small}", "{text}, with an MBA",
               "{text} after postgraduate work"),
        "de": ("{text}, mit Doktortitel", "Promoviert: {text}", "{text}, als Diplomkauffrau",
               "{text} nach dem Masterstudium"),
        "fr": ("{text}, titulaire d'un doctorat", "{text}, avec une maîtrise en droit", "{text}, avec un mastère",
               "Docteure en droit, {small}"),
        "es": ("{text}, con doctorado", "{text}, con un máster", "Licenciada en derecho y doctora en física: {small}",
               "{text} tras una maestría"),
    }),
    Invention("honours", False, {
        "en": ("{text}, graduated with first-class honours", "{text}, summa cum laude", "{text}, with distinction"),
        "de": ("{text}, Abschluss mit Auszeichnung", "{text}, summa cum laude", "{text}, Prüfung mit Bestnote"),
        "fr": ("{text}, avec mention très bien", "{text}, avec les félicitations du jury",
               "{text}, major de promotion"),
        "es": ("{text}, con matrícula de honor", "{text}, con sobresaliente", "{text}, premio extraordinario"),
    }),
    Invention("certificate", False, {
        "en": ("{text}, certified in Kubernetes", "{text} as a board-approved specialist",
               "{text} as a licensed diver",
               "{text}, holds a Kubernetes certificate", "{text} with a patent"),
        "de": ("{text}, zertifiziert nach Wexlora", "{text} als staatlich geprüfte Taucherin",
               "{text} mit Meisterbrief",
               "{text} als vereidigte Übersetzerin", "{text} mit zwei Patenten"),
        "fr": ("{text}, certifiée Wexlora", "{text}, expert-comptable", "{text} comme traductrice assermentée",
               "{text}, agréée par l'État", "{text}, primée en région"),
        "es": ("{text}, certificada en Wexlora", "{text} como traductora jurada", "{text}, acreditada por la región",
               "{text}, colegiada", "{text}, galardonada en la región"),
    }),
    Invention("rank", False, {
        "en": ("As the company's president: {small}", "{text} as vice president", "As matron, {small}", "{text} as CTO",
               "Managing partner: {small}"),
        "de": ("Als Geschäftsführerin: {text}", "{text} als Abteilungsleiterin", "{text} als Vorstand",
               "Oberärztin: {text}", "{text} als Prokurist"),
        "fr": ("Directrice technique : {small}", "En tant que présidente, {small}", "{text} comme gérante",
               "{text} en tant que cheffe", "Responsable technique : {small}"),
        "es": ("Directora técnica: {small}", "Como presidenta, {small}", "{text} como gerente",
               "Jefa de equipo: {small}",
               "{text} como vicepresidenta"),
    }),
    Invention("who did it", True, {
        "en": ("{text}, in charge of the whole house", "Chaired the board: {small}",
               "{text} and hired the whole team",
               "{text} and established the branch"),
        "de": ("{text} und gründete die Filiale", "{text}, geführt in eigener Verantwortung",
               "Dirigierte das Haus: {text}",
               "{text} und koordinierte das ganze Haus"),
        "fr": ("{text} et a fondé l'agence", "{text}, à la tête de la maison", "{text} et pilotait toute la maison",
               "{text} et a recruté toute l'équipe"),
        "es": ("{text} y fundó la sucursal", "{text}, al frente de la casa", "{text} y encabezó toda la casa",
               "{text} y contrató a todo el equipo"),
    }),
    Invention("level of a language", False, {
        "en": ("{text}, fluent in Italian", "{text} as a native speaker of Dutch", "{text} with Russian at C2"),
        "de": ("{text}, Italienisch fließend", "{text}, Muttersprache Niederländisch",
               "{text}, Russisch verhandlungssicher"),
        "fr": ("{text}, italien courant", "{text}, langue maternelle néerlandaise", "{text}, russe C2"),
        "es": ("{text}, italiano fluido", "{text}, neerlandés nativo", "{text}, ruso C2"),
    }),
    Invention("address", False, {
        "en": ("{text}, see wexlora.fr/cv", "{text}, shown on brontiva.museum", "{text} (zalmeric.co.uk)"),
        "de": ("{text}, siehe wexlora.at/lebenslauf", "{text}, gezeigt auf brontiva.berlin", "{text} (zalmeric.ch)"),
        "fr": ("{text}, voir wexlora.fr/cv", "{text}, montré sur brontiva.paris", "{text} (zalmeric.be)"),
        "es": ("{text}, véase wexlora.es/cv", "{text}, en brontiva.barcelona", "{text} (zalmeric.mx)"),
    }),
]  # fmt: skip
# Tried on the fresh texts alone: verbs and turns written with them on 27 November 2026, by nobody's table.
FRESH_INVENTIONS = [
    Invention("seniority verb", True, {
        "en": ("Architected everything: {small}", "{text}, single-handedly", "Masterminded the project: {small}",
               "{text} and took the helm of the department", "{text} and headed the department",
               "{text}, calling the shots", "Spearheaded the effort: {small}", "{text} and owned the whole process"),
        "de": ("{text} und leitete die Abteilung", "Allein verantwortlich: {text}", "{text}, ganz in Eigenregie",
               "{text} und hatte die Gesamtleitung", "Federführend: {text}", "{text} und führte das Team an",
               "{text} und rief das Projekt ins Leben", "{text} und stand der Abteilung vor"),
        "fr": ("{text} et a dirigé le service", "Maître d'œuvre du projet : {small}", "{text}, seul aux commandes",
               "{text} et a pris la tête du service", "{text} et supervisait tout le service",
               "Cheville ouvrière du projet : {small}", "{text} et a créé le service",
               "{text} et chapeautait l'équipe"),
        "es": ("{text} y dirigió el departamento", "Artífice del proyecto: {small}", "{text}, en solitario",
               "{text} y llevó las riendas del departamento", "{text} y lideró el equipo",
               "{text} y tuvo a su cargo el departamento", "{text} y capitaneó el proyecto",
               "{text} y supervisó a toda la plantilla"),
    }),
]  # fmt: skip
# What a number counts, in words that no line has.
OTHER_NOUN = {"en": "zebras", "de": "Zebras", "fr": "zèbres", "es": "cebras"}
ADVERTISED = ("Rust", "Kafka", "Figma", "SAP", "COBOL")
EMPLOYED = {
    "en": "{text} at Initech",
    "de": "{text} bei Initech",
    "fr": "{text} chez Initech",
    "es": "{text} en Initech",
}
SINCE = {
    "en": "{text} since {said}",
    "de": "{text} seit {said}",
    "fr": "{text} depuis {said}",
    "es": "{text} desde {said}",
}
LED_MORE = "what was led"
# Whom somebody led, and what they are made of instead: the team, or people who are counted.
LED = {
    "en": re.compile(
        r"\b((?:led|headed|managed|supervised|ran|running|leading|heading|managing|oversaw|directed) )"
        r"(?:(?:the|a|an|our) (?:[\w-]+ )?(?:team|shift|crew|group|section|kitchen|class|squad|office|branch|shop|store"
        r"|ward|department|site)(?![\w'-])(?: of)?|(?=\d+ ))", re.IGNORECASE),
    "de": re.compile(
        r"\b((?:leitete|führte|leitung|führung|leite|verantwortete|leitet) )"
        r"(?:(?:eine?|einen|eine[rs]|de[sr]|das|die|den) (?:[\w.-]+ )?(?:teams?|schicht|gruppe|küche|abteilung|filiale"
        r"|station|werkstatt|baustelle)\b(?: von| mit)?|(?:von )?(?=\d+ ))", re.IGNORECASE),
    "fr": re.compile(
        r"\b((?:dirigé|dirige|dirigeait|encadré|géré|gère|mené|direction|encadrement|responsable) )"
        r"(?:(?:de |d')?(?:une |un |l'|la |le |les |du )?(?:\w+ )?(?:équipe|groupe|atelier|cuisine|service|agence"
        r"|magasin|chantier)\b(?: de)?|(?:de )?(?=\d+ ))", re.IGNORECASE),
    "es": re.compile(
        r"\b((?:dirig\w+|lider\w+|coordin\w+|gestion\w+|supervis\w+|dirección|encabez\w+) )"
        r"(?:(?:de |del |a )?(?:una? |el |la |al )?(?:\w+ )?(?:equipo|grupo|turno|taller|cocina|tienda|sucursal"
        r"|departamento|planta)\b(?: de)?|(?:de |a )?(?=\d+ ))", re.IGNORECASE),
}  # fmt: skip
LARGER = {
    "en": ("a company of ", "a hospital of ", "a country of "),
    "de": ("einer Firma mit ", "einer Klinik mit ", "einer Region mit "),
    "fr": ("d'une entreprise de ", "d'une usine de ", "d'une région de "),
    "es": ("de una empresa de ", "de una fábrica de ", "de una región de "),
}
MORE = {"en": "more than", "de": "mehr als", "fr": "plus de", "es": "más de"}
AT = {"en": "At {said}: {text}", "de": "Bei {said}: {text}", "fr": "Chez {said} : {text}", "es": "En {said}: {text}"}
AS = {"en": "As {said}: {text}", "de": "Als {said}: {text}", "fr": "Comme {said} : {text}", "es": "Como {said}: {text}"}
