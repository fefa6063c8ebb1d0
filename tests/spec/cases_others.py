"""The specification under the other shipped charters, and under one that uses every condition."""

from functools import partial

from tests.spec.case import Case, doubtful, listed, name, protocol

College = partial(Case, charter="college")
Ecole = partial(Case, charter="ecole")
Exemple = partial(Case, charter="exemple")

COLLEGE = [
    College(
        id="college-video-asked-for",
        fr="En cours, une vidéo a pu être demandée ; sur une ligne chargée, elle prend le débit des cours",
        en="In a lesson a video may have been asked for; on a busy line it takes the lessons' bandwidth",
        seen=name("www.youtube.com"),
        table="""
            lesson classroom calm undetermined           asked-for-in-lesson
            lesson classroom busy resource_inappropriate video-lesson-line-busy
            break  classroom calm residual_private       private-life
        """,
    ),
    College(
        id="college-exam-day",
        fr="Un jour d'examen, la musique et les jeux attendent, même sur une ligne calme",
        en="On an exam day, music and games wait, even on a calm line",
        seen=name("audio.spotify.com", "www.roblox.com"),
        table="""
            exam   classroom calm resource_inappropriate exam-days
            exam   office    calm resource_inappropriate exam-days
            lesson office    calm residual_private       private-life
        """,
    ),
    College(
        id="college-ent-on-exam-day",
        fr="Un jour d'examen, l'évaluation en ligne reste pédagogique",
        en="On an exam day, online assessment stays pedagogical",
        seen=name("app.pix.fr"),
        table="exam classroom saturated pedagogical education",
    ),
    College(
        id="college-vpn",
        fr="Un VPN d'élève est proscrit, celui d'un bureau ne dit rien",
        en="A pupil's VPN is banned, one in an office says nothing",
        seen=protocol("openvpn"),
        table="""
            lesson classroom calm abusive      circumvention
            lesson office    calm undetermined not-sure-enough
        """,
    ),
]
ECOLE = [
    Ecole(
        id="ecole-in-class",
        fr="En classe, ce qui est à l'écran a été choisi par l'enseignant : nous nous abstenons",
        en="In class, what is on the screen was chosen by the teacher: we abstain",
        seen=name("www.youtube.com", "www.lemonde.fr"),
        table="""
            lesson classroom calm      undetermined in-class
            lesson classroom saturated undetermined in-class
        """,
    ),
    Ecole(
        id="ecole-video-outside-class",
        fr="La vidéo du bureau laisse la ligne à la classe",
        en="Video in the office leaves the line to the class",
        seen=name("www.netflix.com"),
        table="""
            lesson office calm residual_private       private-life
            lesson office busy resource_inappropriate video-outside-class-line-busy
        """,
    ),
    Ecole(
        id="ecole-maintenance",
        fr="La commune dépanne à distance",
        en="The municipality mends from afar",
        seen=name("router1.teamviewer.com"),
        table="lesson classroom calm technical maintenance",
    ),
    Ecole(
        id="ecole-adult",
        fr="À l'école aussi, seule une preuve sûre accuse",
        en="In a primary school too, only strong evidence accuses",
        seen=doubtful("www.pornhub.com", site_source="dns"),
        table="lesson classroom calm undetermined not-sure-enough",
    ),
    Ecole(
        id="ecole-ent",
        fr="L'ENT de l'école est pédagogique",
        en="The portal of the primary school is pedagogical",
        seen=name("www.one.opendigitaleducation.com", "www.lumni.fr"),
        table="lesson classroom saturated pedagogical education",
    ),
]
EXEMPLE = [
    Exemple(
        id="slot",
        fr="Une règle peut viser un créneau nommé de l'emploi du temps",
        en="A rule may look at a named slot of the timetable",
        seen=name("www.nrj.fr"),
        table="""
            meal   library calm resource_inappropriate quiet-hour
            lesson library calm undetermined           otherwise
            meal   office  calm undetermined           otherwise
        """,
    ),
    Exemple(
        id="exam-day",
        fr="Une règle peut viser les jours d'examen",
        en="A rule may look at exam days",
        seen=name("www.youtube.com"),
        table="""
            exam   office calm resource_inappropriate exam-day
            lesson office calm residual_private       private-life
        """,
    ),
    Exemple(
        id="line-up",
        fr="L'envoi et la réception sont regardés à part : un envoi de fichier gêne l'envoi",
        en="Sending and receiving are apart: uploading a file gets in the way of sending",
        seen=name("www.dropbox.com"),
        table="""
            lesson office busy resource_inappropriate backup-up    up=busy down=calm
            lesson office busy residual_private       private-life up=calm down=busy
        """,
    ),
    Exemple(
        id="line-down",
        fr="… et une vidéo gêne la réception",
        en="… and a video gets in the way of receiving",
        seen=name("www.youtube.com"),
        table="""
            lesson office saturated resource_inappropriate video-down   up=calm down=saturated
            lesson office saturated residual_private       private-life up=saturated down=busy
        """,
    ),
    Exemple(
        id="flow-volume",
        fr="Le volume d'une connexion se compte jusqu'à la minute jugée",
        en="The volume of a connection is counted up to the minute that is judged",
        seen=name("www.dropbox.com"),
        table="""
            lesson office calm residual_private       private-life     flow_mb=499
            lesson office calm resource_inappropriate one-big-download flow_mb=500
        """,
    ),
    Exemple(
        id="device-day-volume",
        fr="Le volume du jour est celui du même appareil dans la même catégorie",
        en="The volume of the day is that of the same device in the same category",
        seen=name("cdn.steamcontent.com"),
        table="""
            lesson office calm residual_private       private-life  day_mb=1999
            lesson office calm resource_inappropriate games-all-day day_mb=2000
        """,
    ),
    Exemple(
        id="no-device",
        fr="Sans appareil compté, aucune règle de volume par appareil ne s'applique",
        en="Where devices are not counted, no rule about a device's volume applies",
        seen=name("cdn.steamcontent.com"),
        table="lesson server calm residual_private private-life mb=900000",
    ),
    Exemple(
        id="tolerance-minutes",
        fr="Une tolérance est un budget par appareil et par jour : ici 45 minutes",
        en="A tolerance is a budget per device and day: here 45 minutes",
        seen=name("mail.proton.me"),
        table="""
            lesson office calm residual_private       private-life minutes=45
            lesson office calm resource_inappropriate private-life minutes=46
        """,
    ),
    Exemple(
        id="tolerance-megabytes",
        fr="… ou 800 Mo, le premier atteint",
        en="… or 800 MB, whichever comes first",
        seen=name("www.instagram.com"),
        table="""
            lesson office calm residual_private       private-life minutes=10 used_mb=800
            lesson office calm resource_inappropriate private-life minutes=10 used_mb=801
        """,
    ),
    Exemple(
        id="list-by-name",
        fr="Une règle peut demander ce que dit la liste importée, par exemple pour s'abstenir",
        en="A rule may ask what the imported list says, for instance to abstain",
        seen=listed("adult", "www.youtube.com"),
        table="lesson office calm undetermined list-disagrees",
    ),
]
