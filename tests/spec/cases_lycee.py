"""The specification under the charter of a lycée with boarding. Seed cases first."""

from tests.spec.case import Case, doubtful, listed, name, nameless, protocol

SEED = [
    Case(
        id="web-radio-in-the-secretariat-calm",
        fr="Une webradio au secrétariat est tolérée tant que la ligne est calme",
        en="Web radio in the secretariat is tolerated while the line is calm",
        seen=name("scdn.nrjaudio.fm", "icecast.radiofrance.fr"),
        table="""
            lesson  office calm residual_private private-life
            holiday office calm residual_private private-life
        """,
    ),
    Case(
        id="web-radio-in-the-secretariat-busy",
        fr="La même webradio est inadaptée à la ressource dès que la ligne est chargée",
        en="The same web radio is resource-inappropriate once the line is busy",
        seen=name("scdn.nrjaudio.fm", "icecast.radiofrance.fr"),
        table="""
            lesson office busy      resource_inappropriate web-radio-line-busy
            lesson office saturated resource_inappropriate web-radio-line-busy
            break  office busy      resource_inappropriate web-radio-line-busy
        """,
    ),
    Case(
        id="private-webmail-at-lunch",
        fr="Une messagerie privée à midi est un usage privé résiduel",
        en="Private webmail at lunch is residual private use",
        seen=name("mail.proton.me"),
        table="""
            meal office    calm residual_private private-life
            meal office    busy residual_private private-life
            meal classroom calm residual_private private-life
        """,
    ),
    Case(
        id="torrent",
        fr="Un torrent est abusif : son protocole le dit, même sans nom",
        en="A torrent is abusive: its protocol says so, even without a name",
        seen=protocol("bittorrent", server_port=51413),
        table="""
            lesson classroom calm abusive peer-to-peer
            night  boarding  calm abusive peer-to-peer
            meal   office    calm abusive peer-to-peer
        """,
    ),
    Case(
        id="ent",
        fr="L'ENT est pédagogique partout, à toute heure, quelle que soit la ligne",
        en="The school portal is pedagogical everywhere, at any hour, whatever the line does",
        seen=name("psn.monlycee.net"),
        table="""
            lesson  classroom saturated pedagogical education
            meal    office    busy      pedagogical education
            evening boarding  saturated pedagogical education
            lesson  outside   calm      pedagogical education
        """,
    ),
    Case(
        id="video-in-class",
        fr="Une vidéo en cours est inadaptée quand la ligne est chargée, pas à la pause",
        en="A video in a lesson is inappropriate when the line is busy, but not in the break",
        seen=name("rr3---sn-25ge7nzk.googlevideo.com"),
        table="""
            lesson classroom calm      residual_private       private-life
            lesson classroom busy      resource_inappropriate video-lesson-line-busy
            lesson classroom saturated resource_inappropriate video-lesson-line-busy
            break  classroom busy      residual_private       private-life
        """,
    ),
]
LEARNING = [
    Case(
        id="online-school-life",
        fr="Le nom qui désigne un établissement est réduit au service, qui est pédagogique",
        en="A name that identifies a school is reduced to the service, which is pedagogical",
        seen=name("0123456a.index-education.net"),
        table="lesson classroom saturated pedagogical education",
    ),
    Case(
        id="services-of-education",
        fr="Évaluation, ressources, outils et orientation sont pédagogiques",
        en="Assessment, resources, tools and guidance are pedagogical",
        seen=name("app.pix.fr", "www.lumni.fr", "www.geogebra.org", "www.parcoursup.fr"),
        table="""
            lesson  classroom saturated pedagogical education
            evening boarding  busy      pedagogical education
        """,
    ),
    Case(
        id="platforms-of-the-ministry",
        fr="Les plateformes du ministère sont pédagogiques",
        en="The platforms of the ministry are pedagogical",
        seen=name("versailles.elea.apps.education.fr"),
        table="lesson classroom busy pedagogical education",
    ),
    Case(
        id="video-call-by-day",
        fr="Une visioconférence est un travail dans la journée",
        en="A video call is work by day",
        seen=name("zoom.us"),
        table="""
            lesson  office   calm pedagogical education
            evening office   calm pedagogical education
            lesson  boarding calm pedagogical education
        """,
    ),
    Case(
        id="assistant-in-a-lesson",
        fr="Un assistant d'IA en cours a pu être demandé par l'enseignant : nous nous abstenons",
        en="An AI assistant in a lesson may have been asked for: we abstain",
        seen=name("chatgpt.com"),
        table="""
            lesson classroom calm undetermined     assistant-in-lesson
            lesson library   calm undetermined     assistant-in-lesson
            meal   classroom calm residual_private private-life
        """,
    ),
]
LINE = [
    Case(
        id="music-like-radio",
        fr="La musique en ligne est jugée comme la webradio",
        en="Music streaming is judged like web radio",
        seen=name("audio.spotify.com"),
        table="""
            lesson classroom calm residual_private       private-life
            lesson classroom busy resource_inappropriate web-radio-line-busy
        """,
    ),
    Case(
        id="video-outside-lessons",
        fr="Hors des cours, la vidéo ne cède que sur une ligne saturée",
        en="Outside lessons, video gives way only on a saturated line",
        seen=name("www.netflix.com"),
        table="""
            break   classroom busy      residual_private       private-life
            break   classroom saturated resource_inappropriate video-line-saturated
            holiday office    saturated resource_inappropriate video-line-saturated
        """,
    ),
    Case(
        id="large-download",
        fr="Un gros téléchargement de jeu attend que la ligne soit calme, un petit ne gêne pas",
        en="A large game download waits for a calm line, a small one does not matter",
        seen=name("cdn.steamcontent.com"),
        table="""
            lesson classroom busy residual_private       private-life       mb=19
            lesson classroom busy resource_inappropriate download-line-busy mb=20
            lesson classroom calm residual_private       private-life       mb=200
        """,
    ),
    Case(
        id="light-uses-on-a-busy-line",
        fr="Ce qui pèse peu reste un usage privé, même sur une ligne chargée",
        en="What weighs little stays private use, even on a busy line",
        seen=name("www.instagram.com", "www.tiktok.com", "www.vinted.fr"),
        table="lesson classroom busy residual_private private-life",
    ),
]
BOARDING = [
    Case(
        id="boarders-evening",
        fr="Le soir, les internes sont libres tant que la ligne le supporte",
        en="In the evening boarders are free while the line bears it",
        seen=name("www.netflix.com", "www.nrj.fr", "www.roblox.com", "discord.gg"),
        table="""
            evening boarding calm residual_private boarding-evening
            evening boarding busy residual_private boarding-evening
        """,
    ),
    Case(
        id="boarders-saturated",
        fr="Même le soir, la vidéo cède sur une ligne saturée",
        en="Even in the evening, video gives way on a saturated line",
        seen=name("www.netflix.com"),
        table="evening boarding saturated resource_inappropriate video-line-saturated",
    ),
    Case(
        id="boarders-call",
        fr="Le soir à l'internat, un appel est d'abord un appel à ses proches",
        en="In the evening in boarding, a call is first of all a call to one's family",
        seen=name("zoom.us"),
        table="""
            evening boarding calm residual_private boarding-calls
            night   boarding calm residual_private boarding-calls
        """,
    ),
]
ABSTAIN = [
    Case(
        id="banned",
        fr="Les contenus réservés aux adultes sont proscrits quand le nom est certain",
        en="Content reserved to adults is banned when the name is certain",
        seen=name("www.pornhub.com", "www.winamax.fr"),
        table="""
            lesson classroom calm      abusive adults-only
            lesson classroom saturated abusive adults-only
        """,
    ),
    Case(
        id="unlawful-site",
        fr="Un site de téléchargement illicite est proscrit",
        en="A site of unlawful downloads is banned",
        seen=name("www.thepiratebay.org"),
        table="lesson classroom calm abusive peer-to-peer",
    ),
    Case(
        id="mining",
        fr="Le minage de cryptomonnaies est proscrit",
        en="Cryptocurrency mining is banned",
        seen=name("eth.nanopool.org"),
        table="lesson office calm abusive crypto-mining",
    ),
    Case(
        id="vpn-of-a-pupil",
        fr="Un VPN contourne les protections des mineurs ; au bureau, c'est peut-être du télétravail",
        en="A VPN circumvents the protections of minors; in an office it may be telework",
        seen=name("zurich.nordvpn.com"),
        table="""
            lesson classroom calm abusive      circumvention
            lesson boarding  calm abusive      circumvention
            lesson office    calm undetermined not-sure-enough
        """,
    ),
    Case(
        id="vpn-protocol",
        fr="Le protocole d'un VPN compte comme son nom",
        en="The protocol of a VPN counts like its name",
        seen=protocol("wireguard"),
        table="""
            lesson boarding calm abusive      circumvention
            lesson office   calm undetermined not-sure-enough
        """,
    ),
    Case(
        id="dns-accuses-nobody",
        fr="Un nom tiré d'une réponse DNS n'accuse personne",
        en="A name from a DNS answer accuses nobody",
        seen=doubtful("www.pornhub.com", "www.thepiratebay.org", site_source="dns"),
        table="lesson classroom calm undetermined not-sure-enough",
    ),
    Case(
        id="outer-name-accuses-nobody",
        fr="Le nom extérieur d'un échange chiffré n'accuse personne",
        en="The outer name of an encrypted hello accuses nobody",
        seen=doubtful("www.winamax.fr", "zurich.nordvpn.com", ech=True),
        table="lesson classroom calm undetermined not-sure-enough",
    ),
    Case(
        id="list-accuses-nobody",
        fr="Une liste importée, seule, n'accuse personne",
        en="An imported list, alone, accuses nobody",
        seen=listed("adult"),
        table="lesson classroom calm undetermined not-sure-enough",
    ),
    Case(
        id="list-decides-the-harmless",
        fr="Une liste importée décide de ce qui n'accuse personne",
        en="An imported list decides what accuses nobody",
        seen=listed("press"),
        table="lesson classroom calm residual_private private-life",
    ),
    Case(
        id="catalogue-wins",
        fr="Le catalogue relu l'emporte sur une liste importée",
        en="The reviewed catalogue wins over an imported list",
        seen=listed("adult", "www.pix.fr"),
        table="lesson classroom calm pedagogical education",
    ),
    Case(
        id="resolver-of-the-browser",
        fr="Un résolveur chiffré est souvent le choix du navigateur",
        en="An encrypted resolver is often the browser's choice",
        seen=name("mozilla.cloudflare-dns.com"),
        table="lesson classroom calm undetermined not-sure-enough",
    ),
    Case(
        id="shared-networks",
        fr="Un hébergement partagé ou un moteur de recherche ne dit rien d'un usage",
        en="A shared network or a search engine says nothing of a use",
        seen=name("d111abc.cloudfront.net", "fonts.gstatic.com", "www.google.com"),
        table="lesson classroom saturated undetermined says-nothing",
    ),
    Case(
        id="unknown-name",
        fr="Un nom que personne ne connaît est indéterminé",
        en="A name that nobody knows is undetermined",
        seen=name("www.unknown-site.fr"),
        table="lesson classroom saturated undetermined otherwise",
    ),
    Case(
        id="nothing-known",
        fr="Sans nom ni signature, même un gros volume est indéterminé",
        en="Without a name or a signature, even a large volume is undetermined",
        seen=nameless("sans nom ni signature", "neither name nor signature"),
        table="""
            lesson classroom calm      undetermined otherwise mb=1000
            lesson outside   saturated undetermined otherwise
        """,
    ),
    Case(
        id="call-without-a-name",
        fr="Un appel que rien ne nomme n'est imputé à personne, sauf le soir à l'internat",
        en="A call that nothing names is imputed to nobody, except in the evening in boarding",
        seen=nameless(
            "sans nom, l'allure d'un appel", "no name, looks like a call", behaviour="call"
        ),
        table="""
            lesson  classroom calm undetermined call-without-name
            evening boarding  calm residual_private boarding-calls
        """,
    ),
    Case(
        id="download-without-a-name",
        fr="Un gros téléchargement que rien ne nomme reste indéterminé",
        en="A large download that nothing names stays undetermined",
        seen=nameless(
            "sans nom, l'allure d'un gros téléchargement",
            "no name, looks like a large download",
            behaviour="bulk_download",
        ),
        table="lesson classroom calm undetermined download-without-name",
    ),
    Case(
        id="radio-without-a-name",
        fr="Un flux sans nom qui a l'allure d'une radio suit les règles de la radio, sur un indice faible",
        en="A nameless flow that looks like a radio follows the rules of radio, on weak evidence",
        seen=nameless(
            "sans nom, un flux continu et régulier",
            "no name, a continuous and steady stream",
            behaviour="steady_audio",
        ),
        table="""
            lesson office calm residual_private       private-life
            lesson office busy resource_inappropriate web-radio-line-busy
        """,
    ),
]
MACHINES = [
    Case(
        id="updates",
        fr="Mises à jour, antivirus, certificats et publicité sont techniques, même en cours",
        en="Updates, antivirus, certificates and advertising are technical, even in a lesson",
        seen=name(
            *("au.download.windowsupdate.com", "swcdn.apple.com", "database.clamav.net"),
            *("r3.o.lencr.org", "www.google-analytics.com"),
        ),
        table="lesson classroom saturated technical machines",
    ),
    Case(
        id="dns-and-time",
        fr="Le DNS sans nom est technique",
        en="DNS without a name is technical",
        seen=nameless(
            "sans nom, port 53 UDP", "no name, port 53 UDP", transport="udp", server_port=53
        ),
        table="lesson classroom calm technical machines",
    ),
    Case(
        id="time-over-tcp",
        fr="Le port 123 n'est celui de l'heure qu'en UDP",
        en="Port 123 is the clock's over UDP only",
        seen=nameless("sans nom, port 123 TCP", "no name, port 123 TCP", server_port=123),
        table="lesson classroom calm undetermined otherwise",
    ),
    Case(
        id="maintenance",
        fr="La prise en main à distance est de la maintenance dans un bureau, indéterminée ailleurs",
        en="Remote control is maintenance in an office, undetermined elsewhere",
        seen=name("router1.teamviewer.com"),
        table="""
            lesson office    calm technical    maintenance
            lesson server    calm technical    maintenance
            lesson classroom calm undetermined otherwise
        """,
    ),
]
