"""What HR systems call their columns, in a dozen languages, and their values.

A word may stand for several fields; the table's other columns and the column's values
decide. Words are compared without case, accents and everything that is no letter or
digit. `-` begins a word that stands for a field only where nothing better does.
"""

import re
import unicodedata
from functools import cache

HOMES = {
    "street", "strasse", "zip", "zipcode", "plz", "postalcode", "postcode", "rue",
    "postleitzahl", "codepostal", "calle", "codigopostal", "straat", "homeaddress",
    "address", "adresse", "anschrift", "indirizzo", "cap", "ulica", "kodpocztowy",
    "postnummer", "gatuadress", "endereco", "cep",
}  # fmt: skip
"""Columns beside which a town or state is where somebody lives."""

FIELDS = {
    "person_id": """
        employee id, emp id, employee number, employee no, emp no, emp number, staff
        id, staff no, staff number, person id, person number, personnel number,
        personnel no, pers no, worker id, associate id, ee id, eeid, employee code,
        emp code, worker, payee, employee key, payroll number, badge number, user
        employee id, employee, personalnummer, personalnr, pers nr, pnr,
        mitarbeiternummer, mitarbeiternr, mitarbeiter id, mitarbeiter nr, ma nr, ma
        nummer, stammnummer, personal id, pernr, matricule, no matricule, numero
        matricule, numero salarie, id salarie, code salarie, id employe, numero
        employe, matricule salarie, n matricule, numero de empleado, numero
        empleado, no empleado, id empleado, codigo empleado, codigo de empleado,
        legajo, num empleado, id trabajador, numero de personal, personeelsnummer,
        personeelsnr, medewerkernummer, medewerker id, medewerkernr,
        medewerkersnummer, werknemersnummer, werknemernummer, werknemer id, -id,
        -nr, -number, -nummer, -no, -key, -person, -mitarbeiter, -code, file no,
        file number, user id, person id external, assignment number, employee
        reference, resource id, medewerker, salarie, matricola, codice dipendente,
        id dipendente, numero matricola, dipendente, numer ewidencyjny, nr
        ewidencyjny, numer pracownika, nr pracownika, id pracownika, numer kadrowy,
        anstallningsnummer, anstallningsnr, anstnr, anst nr, medarbejdernr,
        medarbejdernummer, medarbejder id, lonnummer, lonnr, tjenestenummer,
        ansattnr, ansattnummer, ansatt nr, ansatt id, ansattid, henkilonumero,
        tyontekijanumero, matricula, numero de matricula, codigo do funcionario, id
        do funcionario, numero do funcionario, numero mecanografico""",
    "first_name": """
        first name, given name, given names, forename, firstname, fname, preferred
        name, vorname, vornamen, rufname, prenom, prenoms, nombre, nombre de pila,
        voornaam, voornamen, roepnaam, nome, primo nome, imie, imiona, fornamn,
        tilltalsnamn, fornavn, etunimi, etunimet, primeiro nome, nachn vorn, vorna,
        legal first name, preferred first name""",
    "last_name": """
        last name, surname, family name, lastname, lname, employee name, full name,
        name, emp name, worker name, complete name, nachname, familienname, zuname,
        name vorname, nachname vorname, mitarbeitername, nom, nom de famille, nom
        complet, nom usuel, nom prenom, apellido, apellidos, nombre completo,
        apellidos y nombre, achternaam, naam, familienaam, volledige naam, naam
        medewerker, cognome, cognome e nome, nominativo, nome e cognome, nome
        completo, nazwisko, nazwisko i imie, imie i nazwisko, efternamn, namn,
        efternavn, navn, etternavn, sukunimi, nimi, sobrenome, apelido, nachn,
        payroll name, legal name, name in payroll, legal last name, preferred last
        name""",
    "sex": """
        sex, gender, gender code, legal sex, gender identity, geschlecht, geschl,
        geschlechtsschlussel, m w d, m w, anrede, sexe, genre, civilite, sexo,
        genero, geslacht, sesso, plec, kon, kjonn, sukupuoli, gesch, gender sex, sex
        gender, anredeschlussel""",
    "born_on": """
        date of birth, birth date, birthdate, dob, birthday, born, born on, birth
        dt, geburtsdatum, geburtstag, geb datum, geb dat, geb am, geboren am,
        gebdat, date de naissance, date naissance, ne le, naissance, fecha de
        nacimiento, fecha nacimiento, f nacimiento, nacimiento, fec nacimiento,
        geboortedatum, geboren op, geboren, data di nascita, data nascita, nato il,
        data urodzenia, fodelsedatum, fodselsdato, fodselsdag, fodt, syntymaaika,
        syntymapaiva, data de nascimento, data nascimento, nascimento, gbdat, date
        born""",
    "education_level": """
        education, education level, highest education, highest degree, degree,
        qualification, highest qualification, bildungsabschluss, bildungsniveau,
        ausbildung, abschluss, schulabschluss, hochster abschluss, bildung, niveau d
        etudes, niveau etudes, diplome, formation, nivel de estudios, estudios,
        nivel educativo, educacion, formacion, opleiding, opleidingsniveau, titolo
        di studio, istruzione, wyksztalcenie, utbildning, utbildningsniva,
        uddannelse, uddannelsesniveau, utdanning, utdanningsniva, koulutus,
        koulutustaso, escolaridade, grau de instrucao""",
    "employment_id": """
        employment id, employment number, contract id, contract number, work
        relationship id, vertragsnummer, vertragsnr, numero de contrat, numero
        contrato, contractnummer, dienstverbandnummer, id rapporto, numero
        contratto, numer umowy, ansattelsesforhold id, arbeidsforhold id""",
    "started_on": """
        hire, hire date, date of hire, hired, first hired, start, started, hired on,
        hire dt, date hired, original hire date, start date, date started, started on,
        joining date, date of joining, doj, join date, joined, joined on, date
        joined, employment start, entry date, entry, employment start date,
        commencement date, most recent hire date, last hire date, eintritt,
        eintrittsdatum, eintritt am, einstellungsdatum, einstellung, diensteintritt,
        beschaftigt seit, date d entree, date entree, date d embauche, date
        embauche, embauche, entree, date d arrivee, anciennete depuis, fecha de
        alta, fecha alta, fecha de ingreso, fecha ingreso, fecha de contratacion,
        fecha contratacion, fecha de inicio, alta, ingreso, fec alta,
        indiensttreding, datum in dienst, in dienst, startdatum, datum
        indiensttreding, in dienst per, in dienst sinds, date first hired, agency
        start date, orig hire date, current hire date, company start date,
        continuous start date, date of appointment, appointment date, date of
        employment, employed since, continuous service date, data assunzione, data di
        assunzione, assunzione,
        assunto il, data inizio rapporto, data zatrudnienia, zatrudniony od, data
        rozpoczecia pracy, poczatek zatrudnienia, data przyjecia, anstallningsdatum,
        anstalld fran, anstalld fr o m, anstallningsstart, ansattelsesdato, ansat
        den, ansattelsesstart, tiltradelsesdato, ansattdato, ansatt dato, ansatt
        fra, tilsettingsdato, tiltredelsesdato, tyosuhteen alkupaiva, tyosuhteen
        alku, tyosuhde alkoi, data de admissao, data admissao, admissao, data de
        contratacao, einstelldatum""",
    "ended_on": """
        termination date, date of termination, term date, terminated on, exit date,
        exit, leaving date, leave date, date left, left on, date of leaving, date of
        exit, leaver date, end date, ended on, employment end, employment end date,
        last day, last working day, last day worked, last day of work, separation
        date, relieving date, date terminated, termination, austritt,
        austrittsdatum, austritt am, ausgeschieden am, letzter arbeitstag,
        ausscheiden, ende, date de sortie, date sortie, date de depart, date depart,
        sortie, depart, date de fin de contrat, date fin contrat, fecha de baja,
        fecha baja, baja, fecha de salida, fecha salida, fecha cese, fecha de cese,
        fec baja, uitdiensttreding, datum uit dienst, uit dienst, einddatum, uit
        dienst per, datum uitdiensttreding, date left company, date of separation,
        contract termination date, attrition date, exit dt, term dt, termdate,
        employment ended, vertragsende, vertragsende am, date de fin, data
        cessazione, data di cessazione, cessazione, data dimissioni, data fine
        rapporto, data uscita, data zwolnienia, data rozwiazania umowy, data ustania
        zatrudnienia, zatrudniony do, data zakonczenia pracy, data odejscia,
        avgangsdatum, slutdatum, anstalld till, anstalld t o m, avslutad,
        fratradelsesdato, fratradt, ophorsdato, slutdato, sluttdato, ansatt til,
        fratredelsesdato, tyosuhteen paattymispaiva, tyosuhteen loppupaiva, tyosuhde
        paattyi, data de demissao, data demissao, data de desligamento,
        desligamento, data de saida, data de rescisao""",
    "is_employed": """
        employment status, status, emp status, employee status, worker status,
        active, is active, active status, is employed, employed,
        beschaftigungsstatus, aktiv, mitarbeiterstatus, ist aktiv, statut, actif, en
        poste, situation, estado, situacion, activo, status medewerker, actief, in
        dienst ja nee, state code, position status, assignment status, employment
        state, worker state, work status, leave status, stat2, stato, stato
        dipendente, attivo, in forza, stan zatrudnienia, status zatrudnienia,
        anstallningsstatus, aktiivinen, situacao, ativo, statut salarie""",
    "has_left": """
        termd, terminated, attrition, has left, left, left company, is terminated,
        exited, ausgeschieden, churn, turnover, resigned, is leaver, leaver, parti,
        attrition flag, attrited, left the company, employee left, has exited, is
        terminated flag, terminated y n""",
    "exit_reason": """
        termination reason, term reason, why, why left, exit reason, reason for
        leaving, leaving reason, separation reason, leave reason, reason for
        termination, reason for exit, termination description, austrittsgrund,
        kundigungsgrund, grund des austritts, austritt grund, motif de depart, motif
        depart, motif de sortie, motif sortie, motif de rupture, motivo de baja,
        motivo baja, causa de baja, motivo de salida, motivo cese, reden uit dienst,
        reden uitdiensttreding, reden vertrek, vertrekreden, -reason, -grund,
        -motif, -motivo, -reden, reason for term, primary termination reason,
        termination reason description, cause of termination, separation
        description, motif de fin de contrat, motivo de la baja, causale cessazione,
        motivo cessazione, motivo di cessazione, motivo dimissioni, przyczyna
        rozwiazania umowy, przyczyna zwolnienia, powod odejscia, przyczyna odejscia,
        powod zwolnienia, avgangsorsak, avslutsorsak, fratradelsesarsag,
        ophorsarsag, sluttarsak, sluttgrunn, fratredelsesarsak, paattymissyy,
        tyosuhteen paattymissyy, motivo da demissao, motivo do desligamento, motivo
        da saida, -powod, -przyczyna, -orsak, -arsag, -arsak""",
    "exit_kind": """
        termination type, term type, exit type, leaver type, separation type,
        austrittsart, leaving type, turnover type, voluntary involuntary,
        kundigungsart, art des austritts, type de depart, type de sortie, tipo de
        baja, tipo baja, soort uitdiensttreding, soort vertrek, termination
        category, exit category, attrition type, kundigung durch, tipo cessazione,
        tipo di cessazione, rodzaj odejscia, avgangstyp, fratradelsestype,
        slutttype, tipo de desligamento, tipo de demissao""",
    "resigned_on": """
        resignation date, date of resignation, notice date, notice given, notice
        given on, resigned on, resignation letter date, kundigungsdatum, kundigung
        am, gekundigt am, date de demission, date demission, date de preavis, fecha
        de renuncia, fecha renuncia, datum opzegging, opzegdatum, date of notice,
        data dimissioni presentate, data wypowiedzenia, data zlozenia wypowiedzenia,
        uppsagningsdatum, opsigelsesdato, oppsigelsesdato, irtisanomispaiva, data do
        aviso previo""",
    "event": """
        event, event type, event name, action, action type, action code, personnel
        action, transaction, transaction type, change type, massnahme,
        massnahmenart, massnahmenbezeichnung, ereignis, vorgang, vorgangsart,
        evenement, mouvement, type d evenement, type de mouvement, evento, tipo de
        evento, movimiento, tipo de movimiento, accion, tipo de accion, gebeurtenis,
        mutatie, mutatiesoort, soort mutatie, actie, personnel action type, massn,
        tipo evento, tipo movimento, zdarzenie, rodzaj zdarzenia, handelse,
        handelsetyp, haendelse, hendelse, hendelsestype, tapahtuma""",
    "effective_from": """
        effective date, effective from, effective start date, effdt, eff date, valid
        from, from date, from, start date, begin date, begda, since, effective,
        effective on, action date, event date, change date, date, date effective,
        position start date, gultig ab, gultig von, gultig seit, ab, von, seit, ab
        datum, von datum, beginn, wirksam ab, wirksam zum, datum, beginndatum, date
        d effet, date effet, date de debut, date debut, valable du, du, debut, a
        partir du, fecha efectiva, fecha de efecto, fecha efecto, desde, vigente
        desde, fecha desde, fecha inicio, fecha de inicio, fecha, inicio,
        ingangsdatum, geldig vanaf, vanaf, begindatum, per datum, startdatum, datum
        ingang, gultigkeitsdatum, seqdate, data inizio, data decorrenza, decorrenza,
        valido dal, dal, data od, obowiazuje od, od, wazne od, fran, fran och med,
        fr o m, gallande fran, giltig fran, fra, fra dato, gyldig fra, galder fra,
        virkningsdato, gjelder fra, alkaen, voimassa alkaen, alkupaiva, data de
        inicio, data inicio, vigencia, a partir de""",
    "effective_to": """
        effective to, effective end date, valid to, valid until, to date, to, until,
        end date, endda, thru date, through, position end date, gultig bis, bis, bis
        datum, enddatum, ende, endedatum, date de fin, date fin, valable au, au,
        fin, jusqu au, hasta, vigente hasta, fecha hasta, fecha fin, fecha de fin,
        einddatum, geldig tot, geldig tot en met, tot, t m, tot en met, data fine,
        valido al, fino al, al, data do, obowiazuje do, do, wazne do, till, till och
        med, t o m, giltig till, til, til dato, gyldig til, galder til, gjelder til,
        saakka, voimassa asti, loppupaiva, data de fim, data fim, data final, ate""",
    "exported": """
        as of, as of date, asof, snapshot date, snapshot, report date, reporting
        date, export date, extract date, extraction date, period, month, reporting
        month, reporting period, period end, period end date, calendar month, year
        month, month end, effective month, data as of, date key, stichtag,
        auswertungsdatum, auswertungsmonat, berichtsmonat, berichtsdatum, monat,
        periode, zeitraum, mois, periode de paie, date d extraction, situation au,
        date d arrete, fecha de corte, fecha corte, mes, periodo, fecha de
        extraccion, peildatum, peilmaand, maand, rapportagedatum, record date,
        stand, jahr monat, fiscal year, status year, -year, -jahr, -annee, -ano,
        -anno, -rok, -ar, calendar year, reporting year, payroll year, as at, as at
        date, load date, extract month, month year, pay month, payroll month, mois
        de paie, data di riferimento, mese, mese di riferimento, stan na dzien,
        miesiac, okres, manad, avstamningsdatum, maned, opgorelsesdato, kuukausi,
        data de referencia, competencia, mes de referencia""",
    "company": """
        company, company name, company code, legal entity, legal entity name,
        employer, entity, legal employer, firma, gesellschaft, buchungskreis,
        unternehmen, mandant, arbeitgeber, societe, entreprise, entite, entite
        juridique, raison sociale, empresa, sociedad, entidad, razon social,
        bedrijf, werkgever, entiteit, vennootschap, bukrs, azienda, societa, ragione
        sociale, ditta, spolka, firma nazwa, pracodawca, foretag, bolag,
        arbetsgivare, virksomhed, selskab, arbejdsgiver, selskap, bedrift,
        arbeidsgiver, yritys, tyonantaja, yhtio, companhia""",
    "department": """
        department, department name, dept, dept name, org unit, organizational unit,
        organisational unit, organization unit, organisation unit, orgunit, team,
        department id, department no, department number, department code, dept no,
        dept id, dept code, deptid, -division, -cost center, -cost centre, -unit,
        -business unit, -organization, abteilung, abt, abteilungsname,
        abteilungsbezeichnung, organisationseinheit, orgeinheit, abteilungsnummer,
        abteilungsnr, abteilung nr, -oe, -bereich, -kostenstelle, -ressort,
        departement, service, -direction, unite, nom du service, code service,
        departamento, dpto, depto, -area, seccion, nombre departamento, codigo
        departamento, afdeling, afdelingsnaam, afdelingscode, afdelingsnummer,
        organisatie eenheid, organisatorische eenheid, -kostenplaats, department
        type, business area, sub department, agency, agency name, bureau, home
        department, orgeh, -kostl, -supervisory organization, -cost center name,
        -section, -function area, reparto, dipartimento, ufficio, -centro di costo,
        -centro costo, -unita organizzativa, dzial, komorka organizacyjna,
        departament, jednostka organizacyjna, -wydzial, -mpk, avdelning, avdeling,
        -enhet, -kostnadsstalle, -enhed, -omkostningssted, -kostnadssted, osasto,
        -yksikko, -kustannuspaikka, setor, secao, -centro de custo, -centro de
        coste, -centre de cout, -pole""",
    "department_name": """
        department name, dept name, department description, name, description,
        abteilung, abteilungsname, bezeichnung, abteilungsbezeichnung, nom, libelle,
        nom du service, nombre, nombre departamento, descripcion, naam,
        afdelingsnaam, omschrijving, descrizione, nazwa, nazwa dzialu, namn,
        avdelningsnamn, navn, afdelingsnavn, avdelingsnavn, nimi, nome""",
    "parent_department": """
        parent department, parent, parent id, parent dept, parent department id,
        reports into, parent unit, parent code, ubergeordnete abteilung,
        ubergeordnet, oberabteilung, ubergeordnete einheit, ubergeordnete oe,
        departement parent, service parent, rattachement, departamento padre,
        departamento superior, bovenliggende afdeling, hoofdafdeling, parent
        afdeling, reparto superiore, dzial nadrzedny, overordnad avdelning,
        overordnet afdeling, overordnet avdeling""",
    "place": """
        place, location, location name, site, office, work location, work site,
        branch, plant, workplace, office location, primary location, duty station,
        location code, -city, -state, -region, standort, arbeitsort, niederlassung,
        dienstort, arbeitsstatte, filiale, -ort, -werk, -betrieb, lieu de travail,
        lieu, etablissement, agence, -ville, centro de trabajo, centro, sede, lugar
        de trabajo, ubicacion, lugar, oficina, -ciudad, standplaats, locatie,
        vestiging, werklocatie, werkplek, -plaats, store name, store, work city,
        -city name, -werks, sede di lavoro, luogo di lavoro, stabilimento, -citta,
        miejsce pracy, lokalizacja, oddzial, -miasto, arbetsplats, placeringsort,
        -kontor, arbejdssted, arbejdsplads, lokation, arbeidssted, -lokasjon,
        toimipaikka, tyopaikka, local de trabalho, filial, unidade, -cidade""",
    "country": """
        country, country code, work country, country name, land, landerkurzel,
        landerschlussel, landercode, pays, code pays, pais, codigo pais, landcode,
        paese, nazione, kraj, panstwo, maa, country region""",
    "place_time_zone": """
        time zone, timezone, zeitzone, fuseau horaire, zona horaria, tijdzone""",
    "place_company": "",
    "designation": """
        designation, job title, title, position title, job name, position, position
        name, role, job, job role, occupation, job profile, business title,
        function, job code, jobtitle, position id, position code, stelle,
        stellenbezeichnung, funktion, jobtitel, beruf, tatigkeit, berufsbezeichnung,
        planstelle, stellentitel, positionsbezeichnung, poste, intitule du poste,
        intitule de poste, intitule poste, emploi, fonction, libelle emploi, puesto,
        cargo, puesto de trabajo, funcion, nombre del puesto, functie, functietitel,
        functienaam, functiebenaming, job titles, employee position title, title
        description, position description, job title description, designation title,
        job description title, emploi occupe, poste occupe, metier, -stell, -plans,
        mansione, qualifica, ruolo, posizione, profilo professionale, stanowisko,
        stanowisko pracy, nazwa stanowiska, befattning, yrkestitel, tjanst, roll,
        stilling, stillingsbetegnelse, stillingstittel, yrke, tehtavanimike, nimike,
        tehtava, ammattinimike, funcao""",
    "designation_name": """
        designation name, job title, title, name, description, job name,
        bezeichnung, stellenbezeichnung, libelle, nombre, descripcion, naam,
        omschrijving, nazwa stanowiska, descrizione""",
    "grade": """
        grade, pay grade, salary grade, job grade, job level, level, band, pay band,
        grade level, career level, tarifgruppe, entgeltgruppe, lohngruppe, eg,
        gehaltsgruppe, verguetungsgruppe, besoldungsgruppe, stufe, echelon,
        coefficient, classification, niveau, grado, nivel, categoria profesional,
        categoria, grupo profesional, schaal, salarisschaal, inschaling, loonschaal,
        functieschaal, management level, job grade code, livello, inquadramento,
        livello inquadramento, grupa zaszeregowania, kategoria zaszeregowania,
        lonegrad, loneklasse, lontrin, lonnstrinn, lonnsgruppe, palkkaluokka,
        palkkaryhma, faixa salarial, nivel salarial, statut professionnel""",
    "employment_type": """
        employment type, contract, category, contract type, employee type, worker
        type, emp type, type, employee class, employee group, worker category,
        employee classification type, full time part time, ft pt, full part time,
        time type, beschaftigungsart, vertragsart, mitarbeitergruppe,
        anstellungsart, beschaftigungsverhaltnis, arbeitsverhaltnis,
        mitarbeiterkreis, beschaftigungstyp, type de contrat, type contrat, contrat,
        nature du contrat, tipo de contrato, tipo contrato, contrato, contractsoort,
        contracttype, dienstverband, soort contract, soort dienstverband, type
        dienstverband, full or part time, fulltime parttime, full time or part time,
        ft or pt, assignment category, worker category description, employment
        category, employment class, contract status, work type, persg, tipo
        contratto, tipo di contratto, tipologia contratto, tipologia contrattuale,
        rodzaj umowy, typ umowy, forma zatrudnienia, anstallningsform,
        anstallningstyp, ansattelsesform, ansattelsestype, ansettelsesform,
        ansettelsestype, stillingstype, tyosuhteen laatu, tyosuhteen tyyppi,
        tyosuhdetyyppi, regime de trabalho, tipo de vinculo""",
    "manager_id": """
        manager id, supervisor id, reports to, reports to id, manager, supervisor,
        line manager, line manager id, manager number, manager employee id, manager
        no, manager emp id, direct manager, boss, supervisor no, vorgesetzter,
        vorgesetzte, vorgesetzter nr, vorgesetzten nr, vorgesetzter personalnr,
        vorgesetzter id, fuhrungskraft, fuhrungskraft nr, fuhrungskraft id,
        fuhrungskraft personalnr, vorg pers nr, responsable, matricule manager,
        matricule responsable, superieur, superieur hierarchique, id manager, n 1,
        jefe, id jefe, superior, id superior, supervisor directo, responsable
        directo, matricule n 1, leidinggevende, leidinggevende id, leidinggevende
        nr, personeelsnr leidinggevende, supervisor eid, supervisor employee id,
        reporting to, reports to name, reporting manager, reporting manager id,
        worker s manager, manager user sys id, nachster vorgesetzter, responsabile,
        responsabile diretto, matricola responsabile, przelozony, bezposredni
        przelozony, nr przelozonego, kierownik, chef, narmaste chef, chefens
        anstallningsnummer, leder, naermeste leder, narmeste leder, leder nr, leders
        ansattnr, esimies, esihenkilo, esihenkilon henkilonumero, gestor, chefia,
        superior imediato""",
    "weekly_hours": """
        weekly hours, hours per week, std hours, standard hours, hours, contract
        hours, contracted hours, scheduled weekly hours, hours week, working hours,
        standard weekly hours, work hours, week hours, wochenstunden, stunden,
        wochenarbeitszeit, stunden pro woche, stunden woche, arbeitszeit, std woche,
        arbeitszeit woche, sollstunden, vertragsstunden, iraz, iwaz, heures
        hebdomadaires, heures hebdo, heures par semaine, heures semaine, horaire
        hebdomadaire, duree hebdomadaire, heures, horas semanales, horas semana,
        jornada semanal, horas por semana, horas, uren per week, weekuren,
        contracturen, uren, uren week, contractuele uren, wochentliche arbeitszeit,
        wochentliche stunden, vereinbarte wochenstunden, regelmassige arbeitszeit,
        weekly working hours, horaire hebdo, duree hebdo, ore settimanali, ore
        settimana, orario settimanale, ore contrattuali, godziny tygodniowo,
        tygodniowy wymiar czasu pracy, liczba godzin tygodniowo, veckoarbetstid,
        timmar per vecka, arbetstid per vecka, veckotimmar, ugentlige timer, timer
        pr uge, ugentlig arbejdstid, ugetimer, timer per uke, ukentlige timer,
        ukentlig arbeidstid, arbeidstid per uke, viikkotyoaika, viikkotunnit, tuntia
        viikossa, carga horaria semanal, horas semanais, jornada semanal horas""",
    "fte": """
        fte, fte percent, fte pct, full time equivalent, employment percentage,
        workload, time percent, capacity, beschaftigungsgrad, teilzeitgrad, bg,
        vzae, vk, vza, mak, teilzeit prozent, teilzeitquote, arbeitszeitanteil,
        pensum, taux d activite, taux activite, quotite, etp, temps de travail, taux
        d emploi, porcentaje jornada, porcentaje de jornada, jornada, parttime
        percentage, parttimepercentage, deeltijdfactor, deeltijdpercentage, parttime
        factor, dienstverband percentage, parttime, part time, part time percent,
        percentuale part time, percentuale, wymiar etatu, etat, sysselsattningsgrad,
        tjanstgoringsgrad, beskaftigelsesgrad, beskaeftigelsesgrad,
        stillingsprosent, stillingsbrok, stillingsandel, tyoaikaprosentti, osa
        aikaprosentti, arbeitszeitfaktor, quotite de travail, bsgrd""",
    "pay_rate": """
        salary, base salary, basic salary, annual salary, yearly salary, base pay,
        pay, pay rate, rate of pay, wage, compensation, monthly salary, monthly
        income, monthly pay, annual base pay, annual pay, annual rate, hourly rate,
        hourly wage, hourly pay, compensation rate, gross salary, current salary,
        gehalt, grundgehalt, jahresgehalt, monatsgehalt, bruttogehalt, jahresbrutto,
        monatsbrutto, bruttomonatsgehalt, bruttojahresgehalt, grundentgelt, entgelt,
        monatsentgelt, jahresentgelt, stundenlohn, lohn, vergutung, stundensatz,
        brutto, bruttolohn, salaire, salaire brut, salaire annuel, salaire mensuel,
        salaire de base, salaire annuel brut, salaire mensuel brut, salaire brut
        annuel, salaire brut mensuel, remuneration, taux horaire, salario, salario
        base, salario anual, salario mensual, salario bruto, salario bruto anual,
        salario bruto mensual, sueldo, sueldo base, sueldo mensual, sueldo bruto,
        salaris, bruto salaris, brutosalaris, maandsalaris, bruto maandsalaris,
        jaarsalaris, bruto jaarsalaris, uurloon, loon, basissalaris, regular pay
        rate, regular pay rate amount, annual base salary, yearly base salary,
        current annual salary, base pay annualized, total base pay annualized, total
        base pay, total base pay annualized amount, base pay annualised, salary
        amount, compensation amount, pay rate amount, base compensation, fixed
        salary, monthly base salary, hourly base rate, fixgehalt, bruttolohn monat,
        grundlohn, grundlohn gehalt, gehalt brutto, gehaltsbetrag, bruttoentgelt,
        salaire mensuel de base, salaire fixe, salario mensual bruto, salario fijo,
        retribuzione lorda, retribuzione lorda mensile, retribuzione lorda annua,
        ral, stipendio, stipendio lordo, retribuzione, paga base, retribuzione
        mensile, wynagrodzenie, wynagrodzenie zasadnicze, wynagrodzenie brutto,
        pensja, placa zasadnicza, stawka godzinowa, pensja brutto, manadslon, lon,
        grundlon, arslon, timlon, manedslon, timelon, lonn, manedslonn, arslonn,
        timelonn, grunnlonn, kuukausipalkka, palkka, tuntipalkka, peruspalkka,
        vuosipalkka, salario mensal, remuneracao, vencimento, salario bruto mensal,
        annual rt, monthly rt, hourly rt, ansal, annualized base pay, annual ctc, ctc,
        jahreslohn, monatslohn, jahreslohn brutto, monatslohn brutto,
        bruttojahreslohn, bruttomonatslohn, grundlohn monat, fte salary, annual fte
        salary, full time salary, full time equivalent salary, fte annual salary,
        fte base salary, fte pay, vollzeitgehalt, salaire etp, salaire temps plein,
        voltijdsalaris, salario jornada completa""",
    "pay_currency": """
        currency, pay currency, salary currency, currency code, curr, wahrung,
        gehaltswahrung, wahrungsschlussel, wrg, devise, monnaie, code devise,
        moneda, divisa, valuta, munteenheid, waluta, moeda, valuutta, compensation
        currency, local currency, pay rate currency code, wahrungscode, waers,
        currency cd""",
    "pay_period": """
        pay period, pay frequency, salary basis, pay basis, rate type, pay type,
        salary type, rate unit, salary period, per, frequency, pay rate type, salary
        unit, compensation frequency, abrechnungsart, lohnform, gehaltsperiode,
        gehalt pro, periodicite, periodicidad, frecuencia, salarisperiode,
        loonperiode, paid per, pay per, pay rate description, regular pay rate
        description, salary or hourly, hourly or salaried, salary hourly,
        gehaltsintervall, zahlungsintervall, entgeltart intervall, pay rate period,
        salary frequency, periodicita, okres wynagrodzenia, loneperiode,
        periodicidade, comp frequency""",
    "paid_from": """
        paid from, from, von, du, desde, van, period start, period start date, pay
        period start, period begin, period from, abrechnungsbeginn, zeitraum von,
        debut de periode, inicio periodo, periode van, periode begin, period
        beginning date, pay period beginning, period start on, pay period begin date""",
    "paid_to": """
        paid to, to, bis, au, hasta, tot, period end, period end date, pay period
        end, period to, zeitraum bis, abrechnungsende, fin de periode, fin periodo,
        periode tot, periode einde, period ending date, pay period ending, period
        ending, pay period end date, week ending""",
    "paid_on": """
        paid on, paid, pay date, payment date, paid date, payday, check date,
        zahltag, auszahlungsdatum, zahlungsdatum, abrechnungsdatum, date de
        paiement, date paiement, date de paie, fecha de pago, fecha pago,
        betaaldatum, datum betaling, data pagamento, data wyplaty, utbetalningsdag,
        utbetalningsdatum, udbetalingsdato, lonningsdato, utbetalingsdato,
        maksupaiva, data de pagamento""",
    "line_type": """
        line type, kind, pay code, wage type, earning code, earnings code, pay
        element, element, pay item, earning type, pay component, component, lohnart,
        entgeltart, lohnartennummer, rubrique, code rubrique, code paie, concepto,
        codigo concepto, looncomponent, looncode, salariscomponent, voce, codice
        voce, voce paga, skladnik, skladnik wynagrodzenia, kod skladnika, loneart,
        lonart, lonnsart, loneslag, palkkalaji, verba, codigo da verba, earnings
        type, pay type code""",
    "line_description": """
        line description, text, wage type text, pay code description, description,
        item name, lohnarttext, lohnart text, lohnartentext, bezeichnung,
        lohnartbezeichnung, libelle, libelle rubrique, descripcion, descripcion
        concepto, omschrijving, descrizione voce, nazwa skladnika, lonartstext,
        lonnsart tekst, benamning, betegnelse, benevnelse, palkkalajin nimi,
        descricao""",
    "line_amount": """
        amount, line amount, pay amount, gross amount, value, betrag, montant,
        importe, monto, bedrag, regular earnings, reg earnings, gross pay, gross,
        gross earnings, total gross, importo, kwota, belopp, belob, belop, summa,
        maara euroa, valor""",
    "line_currency": """
        currency, currency code, wahrung, devise, moneda, valuta, waluta, moeda""",
    "line_hours": """
        hours, line hours, hours paid, quantity, units, stunden, anzahl, heures,
        nombre d heures, horas, cantidad, uren, aantal, aantal uren, regular hours,
        reg hours, ore, liczba godzin, godziny, timmar, antal timmar, timer, antall
        timer, antal timer, tunnit, quantita, ilosc, antal, antall""",
    "leave_type": """
        leave type, absence type, absence reason, time off type, type of leave,
        absence code, abwesenheitsart, fehlzeitenart, abwesenheitsgrund,
        abwesenheit, abwesenheitstyp, fehlgrund, type d absence, type absence, motif
        d absence, motif absence, type de conge, tipo de ausencia, tipo ausencia,
        tipo de permiso, motivo ausencia, verlofsoort, verzuimsoort, soort verlof,
        verloftype, afwezigheidstype, tipo assenza, tipo di assenza, causale
        assenza, rodzaj nieobecnosci, typ nieobecnosci, franvarotyp, franvaroorsak,
        fravarstype, fravarsarsag, fravaerstype, fravaersarsak, poissaolon syy,
        poissaololaji, tipo de afastamento, time off category""",
    "absent_from": """
        absent from, absence start, leave start, from, from date, start date, start,
        first day, beginn, von, begin, beginndatum, startdatum, date de debut, date
        debut, debut, du, desde, fecha inicio, fecha de inicio, inicio, vanaf,
        begindatum, van, data inizio assenza, nieobecny od, franvarande fran, fravar
        fra, fravaer fra, dal, od, fran, fra, leave start date, absence start date,
        alkupaiva, data inicio""",
    "absent_to": """
        absent to, absence end, leave end, to, to date, end date, end, last day,
        until, ende, bis, enddatum, date de fin, date fin, fin, au, hasta, fecha
        fin, fecha de fin, tot, einddatum, tot en met, t m, data fine assenza,
        nieobecny do, franvarande till, fravar til, fravaer til, al, do, till, til,
        leave end date, absence end date, loppupaiva, data fim""",
    "is_half_day": """
        half day, is half day, halber tag, halbtags, halbtag, demi journee, medio
        dia, halve dag, mezza giornata, pol dnia, halvdag, puoli paivaa, meio
        periodo""",
    "worker_category": """
        worker category, category of workers, equal value group, tatigkeitsgruppe,
        vergleichsgruppe""",
    "requirement_level": "requirement level, anforderungsniveau, anforderungsstufe",
    "position_level": "position level, leadership level, positionsniveau",
}
"""The words of each field of the contract, and of three that mappings say otherwise:
`has_left`, `fte` and `exported`."""

NEVER = {
    "it may tell of religion": """
        religion, religious, konfession, religionszugehorigkeit, kirchensteuer,
        church, faith, kist, culte, kerk, religione, wyznanie, uskonto, religiao""",
    "it may tell of ethnic origin": """
        race, ethnicity, ethnic, ethnie, hispanic, latino, hautfarbe, caste, raza,
        etnia, etniciteit, minority, migrationshintergrund, origine etnica,
        pochodzenie, etnisk, cor raca, etnico""",
    "it tells of nationality, which is near to origin": """
        nationality, citizenship, citizen, staatsangehorigkeit, nationalitat,
        nationalite, nacionalidad, nationaliteit, birthplace, place of birth,
        geburtsort, lieu de naissance, geburtsland, birth country, geboorteplaats,
        immigration, visa, obywatelstwo, narodowosc, cittadinanza, nazionalita,
        luogo di nascita, medborgarskap, statsborgerskap, kansalaisuus,
        nacionalidade, naturalidade, miejsce urodzenia""",
    "it may tell of health": """
        disability, disabled, schwerbehindert, schwerbehinderung, behinderung, gdb,
        handicap, rqth, discapacidad, minusvalia, health, medical, diagnosis,
        krankenkasse, blood, blutgruppe, pregnancy, pregnant, schwanger,
        mutterschutz, allergies, vaccination, impfstatus, krankenversicherung,
        sante, mutuelle, salud, gezondheid, zorgverzekering, arbeidsongeschikt,
        invalidita, niepelnosprawnosc, orzeczenie, funktionsnedsattning,
        deficiencia, categoria protetta, legge 104""",
    "it may tell of membership in a union": """
        union, trade union, union member, gewerkschaft, gewerkschaftsmitglied,
        syndicat, sindicato, vakbond, sindacato, zwiazek zawodowy, fackforbund,
        fagforening, ammattiliitto, sindical""",
    "it is a number of social security or of a card": """
        ssn, social security, sozialversicherungsnummer, sv nummer, sv nr, svnr,
        sozialversicherungsnr, rvnr, rv nummer, rentenversicherungsnummer, ahv, ahv
        nr, nir, securite sociale, no ss, seguridad social, nss, bsn,
        burgerservicenummer, rijksregisternummer, national id, national insurance,
        ni number, nino, aadhaar, pan, passport, reisepass, personalausweis, id
        card, dni, nif, nie, pasaporte, paspoort, social insurance, driving licence,
        driver license, codice fiscale, pesel, personnummer, cpr, cpr nr,
        fodselsnummer, personnr, henkilotunnus, hetu, cpf, rg, pis, nis, ctps, dowod
        osobisty, eesti isikukood, carta identita""",
    "it is of taxes": """
        tax id, tin, tax number, steuer id, steuernummer, steuerklasse, tax class,
        steueridentifikationsnummer, idnr, kinderfreibetrag, tax code, nif, numero
        fiscal, loonheffing, fiscaal nummer, freibetrag, elstam, urzad skarbowy,
        skattetabell, skattekort, detrazioni, kirchensteuer""",
    "it is of a bank account": """
        iban, bic, bank, bank account, account number, bankverbindung, kontonummer,
        blz, sort code, routing number, rib, compte bancaire, cuenta bancaria,
        cuenta, rekeningnummer, bankrekening, bankkonto, swift, numer konta, konto
        bankowe, conto corrente, clearingnummer, bankkontonummer, conta bancaria,
        tilinumero""",
    "it tells of the family": """
        marital, marital status, married, marriage, spouse, children, kids,
        dependents, familienstand, kinder, anzahl kinder, ehepartner, etat civil,
        situation familiale, situation de famille, enfants, estado civil, hijos,
        burgerlijke staat, kinderen, partner, maiden name, geburtsname, nom de jeune
        fille, marital desc, stato civile, stan cywilny, civilstand, siviilisaaty,
        sivilstand, figli, dzieci, filhos, coniuge, nazwisko rodowe""",
    "it may tell of convictions": """
        political, party, partei, criminal, conviction, vorstrafen, sexual
        orientation, orientation, veteran, military, wehrdienst, pronouns""",
    "it says where somebody lives or how to reach them": """
        email, e mail, mail, phone, telephone, telefon, mobile, cell, handy, fax,
        address, street, strasse, anschrift, adresse, zip, zip code, plz, postal,
        postal code, postcode, postleitzahl, wohnort, direccion, codigo postal,
        telefono, adres, calle, rue, courriel, correo, telefoon, straat, woonplaats,
        emergency contact, contact, notfallkontakt, portable, movil, mobiel,
        huisnummer, code postal, hausnummer, home address, home city, address line,
        latitude, longitude, indirizzo, residenza, comune di residenza, cellulare,
        adresa, ulica, kod pocztowy, miejscowosc zamieszkania, adress, gatuadress,
        bostadsadress, postnummer, postnr, postort, e post, epost, mobil, osoite,
        puhelin, sahkoposti, postinumero, endereco, bairro, cep, telefone, calle y
        numero, domicilio""",
    "it is a name or picture that nothing needs": """
        middle name, initials, nickname, photo, picture, image, foto, username, user
        name, login, manager name, supervisor name, name vorgesetzter, vorgesetzter
        name, nom du manager, nom manager, nombre jefe, naam leidinggevende, titel,
        salutation, nom responsable, linkedin, initialen, tussenvoegsel, zweiter
        vorname, akad titel, name der fuhrungskraft, nombre del jefe, nom du
        responsable, mid init, middle initial, mi, suffix, drugie imie, mellomnavn,
        mellemnavn""",
}
"""Words of columns that are better not loaded, by why."""

SEX = {
    "female": "f, female, w, weiblich, woman, frau, femme, femenino, mujer, kvinna, k,"
    " v, vrouw, donna, feminin, mme, mrs, ms, miss, fem, feminino, vrouwelijk, kvinne,"
    " kvinde, kobieta, nainen, n, mulher, femmina, femminile, women, girl, femenina",
    "male": "m, male, mannlich, mann, herr, man, homme, h, masculino, hombre, masculin,"
    " mr, masc, mannelijk, mand, mezczyzna, mies, homem, uomo, maschio, maschile, men,"
    " varon, boy, monsieur",
    "other": "d, divers, diverse, x, non binary, nonbinary, other, autre, otro, anders,"
    " inter, nb, non binaire, no binario, non conforming, gender non conforming, annat,"
    " andet, annet, altro, inne, outro, muu",
    "undeclared": "unknown, u, not disclosed, prefer not to say, keine angabe,"
    " undeclared, not declared, unbekannt, inconnu, desconocido, onbekend,"
    " not specified, prefer not to disclose, not stated, no data, okand",
}
SEX_ODD = (
    ("h m", {"h": "male", "m": "female"}),
    ("1 2", {"0": "undeclared", "1": "male", "2": "female", "9": "undeclared"}),
)
"""Letters that mean another sex beside each other than alone: the Spanish `H` and `M`,
and the numbers of ISO/IEC 5218."""
SEX_BY_NAME = {"sexo": ("m v", {"v": "male", "m": "female"})}
"""The same, where it also takes the column's name to tell."""
SEX_BUILT_IN = {
    "f", "female", "w", "weiblich", "woman", "frau", "femme", "femenino", "mujer",
    "kvinna", "k", "v", "vrouw", "donna", "m", "male", "männlich", "mann", "herr",
    "man", "homme", "h", "masculino", "hombre", "d", "divers", "diverse", "x",
    "non-binary", "nonbinary", "other", "unknown", "u", "not disclosed",
    "prefer not to say", "keine angabe",
}  # fmt: skip


def _pattern(text: str) -> re.Pattern[str]:
    """A pattern of folded texts, in which `ue` is `u`."""
    return re.compile(_ROUND.sub(lambda m: m[0][0], text))


_ROUND = re.compile("ae|oe|ue")

GONE = _pattern(
    r"termin|left|leaver|exit|ausgeschieden|ausgetreten|austritt|inakti|inacti|former"
    r"|sorti|parti|de baja|^baja|cesado|uit dienst|resign|retired|dismiss|separated"
    r"|deceased|quit|relieved|abscond|gekundigt|vertrokken|not employed|rentner"
    r"|pensioniert|^no$|^false$"
    r"|^nein$|^0$|^nee$|^non$|ceased|laid off|discharged|cessat|dimess|zwolnion"
    r"|nieaktywn|nieczynn|avslutad|slutat|fratradt|fratradd|sluttet|paattynyt|desligado"
    r"|demitido|inativ|^t$"
)
HERE = _pattern(
    r"^acti|^akti|^employed|^current|on leave|leave of absence|^loa$|ruhend|probation"
    r"|probezeit|suspend|notice|present|beschaftigt|en poste|de alta|^alta|in dienst"
    r"|elternzeit|parental|maternity|sabbatical|en conge|^yes$|^true?$|^ja$|^1$|^oui$"
    r"|^si$|working|full ?time|part ?time|beurlaubt|excedencia|^actief|langzeitkrank"
    r"|hired|new hire|future start|^leave|paid leave|seasonal|^attiv|in forza|^aktyw"
    r"|zatrudnion|anstalld|tjanstledig|^ansat|permisjon|orlov|aktiivi|^ativ|ferias"
    r"|afastado|still|onboarding|^a$|^l$|^p$|^3$"
)
HIRE = _pattern(
    r"hire|eintritt|einstellung|embauche|^alta|ingreso|in dienst|indienst|join|onboard"
    r"|contratacion|^entree|start of employment|recrutement|new starter|assunzione"
    r"|zatrudnienie|^nyanstall|^anstallning|ansattelse|ansettelse|tiltred|admissao"
)
EXIT = _pattern(
    r"termin|exit|leav(?!e of)|austritt|kundigung|resign|depart(?!ment)|sortie|^baja"
    r"|cese|uit dienst|uitdienst|retire|dismiss|separation|offboard|ausscheiden"
    r"|renuncia|demission|licenciement|death|vertrek|ontslag|cessazione|dimission"
    r"|licenziamento|zwolnienie|rozwiazanie|avgang|uppsagning|fratrad|opsigelse"
    r"|sluttet|oppsigelse|demissao|desligamento|layoff|laid off|redundan"
)
VOLUNTARY = _pattern(
    r"volunt|resign|eigenkundigung|arbeitnehmer|freiwillig|demission|vrijwil|dimission"
    r"|eigen verzoek|egen |przez pracownika|pedido|renuncia|^v$|quit"
)
INVOLUNTARY = _pattern(
    r"(in|non|not) ?volunt|dismiss|unfreiwillig|arbeitgeber|licenci|despido|onvrijwil"
    r"|for cause|fired|laid off|lay ?off|redundan|licenziam|przez pracodawce|demitido"
    r"|^i$|discharge"
)
NO_REASON = _pattern(
    r"^unk(nown)?$|^not applicable$|^n a\b|still employed|^none$|^active$|^aktiv$"
)
FULL_TIME = _pattern(
    r"\bfte\b|full time|vollzeit|\betp\b|temps plein|voltijd|jornada completa"
)
"""What tells that an amount is that of full time."""

PERIODS = {
    period: _pattern(text)
    for period, text in {
        "year": r"annual|year|jahr|annuel|anual|jaar|p a$|^pa$|annum|^an$|^a$|jahrlich"
        r"|annuo|annua\b|rocz|^ral$|^ar$|arslon|arslonn|vuosi",
        "month": r"month|monat|mensuel|mensual|maand|mois|^mes$|^m$|mensil|miesie|manad"
        r"|maned|kuukau|mensal",
        "hour": r"hour|stunde|horaire|hora|uur|^h$|std|orari[oa]|godzin|timlon|timelon"
        r"|^timme|^time$|^hr$|tunti|tuntipalk",
    }.items()
}
TOTALS = (
    "total", "totals", "grand total", "sum", "subtotal", "sub total", "summe", "gesamt",
    "gesamtsumme", "zwischensumme", "gesamtergebnis", "somme", "totaal", "totales",
    "suma", "total general", "subtotaal", "insgesamt", "ergebnis", "average",
    "durchschnitt",
)  # fmt: skip
"""What stands in rows that add others up."""

VACANT = (
    "vacant",
    "vakant",
    "unbesetzt",
    "tbd",
    "open position",
    "vacante",
    "poste vacant",
)

NO_VALUE = (
    "k.a.", "k. a.", "?", ".", "nil", "nan", "(null)", "(blank)", "(empty)", "n.a.",
    "s/o", "n.v.t.", "nvt", "n.c.", "<null>", "#value!", "#ref!", "#wert!", "#nv",
    "#bezug!", "\\n", "---", "leer", "none given",
)  # fmt: skip
"""Texts that mean nothing, beside those that a mapping knows by default."""


_PLAIN = str.maketrans(
    {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "#": " no "}
)


@cache
def fold(text: str) -> str:
    """Words as they are compared: small letters and digits, parted by one blank."""
    text = re.sub(r"(?<=[a-zß-ÿ])(?=[A-Z])", " ", text)
    text = unicodedata.normalize("NFKD", text.lower().translate(_PLAIN))
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub(r"(?<=[a-z])e?'", " ", text)
    text = re.sub(r"[^a-z0-9]+", " ", text).strip()
    return _ROUND.sub(lambda m: m[0][0], text)


def compact(text: str) -> str:
    """The same without blanks."""
    return fold(text).replace(" ", "")


def listed(words: str) -> list[str]:
    """The words of a list with commas, over lines."""
    return [" ".join(each.split()) for each in words.split(",") if each.strip()]


@cache
def by_word() -> dict[str, list[tuple[str, bool]]]:
    """For each compact word its fields, and whether it is a weak word for each."""
    found: dict[str, list[tuple[str, bool]]] = {}
    for name, words in FIELDS.items():
        for word in listed(words):
            key = compact(word.removeprefix("-"))
            entry = (name, word.startswith("-"))
            if name not in {n for n, _ in found.setdefault(key, [])}:
                found[key].append(entry)
    return found


@cache
def rank(field_name: str) -> dict[str, int]:
    """How early each word of a field stands in its list."""
    words = listed(FIELDS[field_name])
    return {compact(w.removeprefix("-")): n for n, w in reversed([*enumerate(words)])}


def never(name: str) -> str:
    """Why a column is better not loaded; empty where nothing says so."""
    folded = f" {fold(name)} "
    for why, words in NEVER.items():
        for word in listed(words):
            key = fold(word)
            if f" {key} " in folded or compact(name) == key.replace(" ", ""):
                return why
            if len(key) >= 7 and " " not in key and key in compact(name):
                return why
    return ""


@cache
def sex_words() -> dict[str, str]:
    """Compact value to sex."""
    return {compact(w): sex for sex, words in SEX.items() for w in listed(words)}
