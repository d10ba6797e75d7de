//! Each step turns schema n into n + 1.

use crate::sql::Dialect;

/// One step: what both databases take, with their own words for types, and what each takes alone.
pub(super) struct Step {
    both: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

impl Step {
    pub(super) fn statements(&self, dialect: Dialect) -> String {
        let ([int, text, bytes, strict], own) = match dialect {
            Dialect::Sqlite => (["INTEGER", "TEXT", "BLOB", " STRICT"], self.sqlite),
            // Texts are compared by their bytes, as they are in SQLite.
            Dialect::Postgres => (["BIGINT", "TEXT COLLATE \"C\"", "BYTEA", ""], self.postgres),
        };
        let both = self.both.replace("{int}", int).replace("{text}", text).replace("{bytes}", bytes);
        format!("{}\n{own}", both.replace("{strict}", strict))
    }
}

/// The steps, from an empty database.
pub(super) const STEPS: [Step; 13] = [
    // An activation is a record: it is added, never changed.
    Step {
        both: "",
        sqlite: "CREATE TABLE activation (
        generation INTEGER PRIMARY KEY CHECK (generation > 0),
        ruleset    TEXT NOT NULL,
        at         TEXT NOT NULL,
        actor      TEXT NOT NULL,
        why        TEXT NOT NULL
    ) STRICT;
    CREATE TRIGGER activation_unchanged BEFORE UPDATE ON activation
        BEGIN SELECT RAISE(ABORT, 'an activation is never changed'); END;
    CREATE TRIGGER activation_kept BEFORE DELETE ON activation
        BEGIN SELECT RAISE(ABORT, 'an activation is never deleted'); END;",
        postgres: "CREATE TABLE activation (
        generation BIGINT PRIMARY KEY CHECK (generation > 0),
        ruleset    TEXT COLLATE \"C\" NOT NULL,
        at         TEXT COLLATE \"C\" NOT NULL,
        actor      TEXT COLLATE \"C\" NOT NULL,
        why        TEXT COLLATE \"C\" NOT NULL
    );
    CREATE FUNCTION maple_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;
    CREATE TRIGGER activation_unchanged BEFORE UPDATE ON activation
        FOR EACH ROW EXECUTE FUNCTION maple_refuse('an activation is never changed');
    CREATE TRIGGER activation_kept BEFORE DELETE ON activation
        FOR EACH ROW EXECUTE FUNCTION maple_refuse('an activation is never deleted');",
    },
    // Bundles, logs and what guards them, keys and tokens, nodes, brakes. A record of a log is never changed, and
    // deleted only after its checkpoint has taken over its leaf.
    Step {
        both: "ALTER TABLE activation ADD COLUMN bundle {text};
    ALTER TABLE activation ADD COLUMN replaces {int};
    ALTER TABLE activation ADD COLUMN kind {text} NOT NULL DEFAULT 'activate';
    ALTER TABLE activation ADD COLUMN effective {int};

    CREATE TABLE bundle (
        digest {text} PRIMARY KEY,
        at     {text} NOT NULL,
        actor  {text} NOT NULL,
        bytes  {bytes} NOT NULL
    ){strict};
    CREATE TABLE report (
        id     {text} PRIMARY KEY,
        at     {text} NOT NULL,
        actor  {text} NOT NULL,
        bundle {text} NOT NULL,
        body   {text} NOT NULL
    ){strict};
    CREATE INDEX report_at ON report (at);

    CREATE TABLE decision (
        log        {text} NOT NULL,
        sequence   {int} NOT NULL CHECK (sequence > 0),
        id         {text} NOT NULL,
        at         {int} NOT NULL,
        locality   {text} NOT NULL,
        kind       {text} NOT NULL,
        outcome    {text} NOT NULL,
        policies   {text} NOT NULL,
        generation {int} NOT NULL,
        ruleset    {text} NOT NULL,
        engine     {text} NOT NULL,
        input      {bytes} NOT NULL,
        context    {bytes} NOT NULL,
        output     {bytes} NOT NULL,
        leaf       {bytes} NOT NULL,
        chain      {bytes} NOT NULL,
        payload    {bytes} NOT NULL,
        PRIMARY KEY (log, sequence)
    ){strict};
    CREATE UNIQUE INDEX decision_id ON decision (id);
    CREATE INDEX decision_at ON decision (at, log, sequence);
    CREATE INDEX decision_locality ON decision (locality, at);

    CREATE TABLE audit (
        log      {text} NOT NULL,
        sequence {int} NOT NULL CHECK (sequence > 0),
        at       {int} NOT NULL,
        actor    {text} NOT NULL,
        action   {text} NOT NULL,
        subject  {text} NOT NULL,
        detail   {text} NOT NULL,
        leaf     {bytes} NOT NULL,
        chain    {bytes} NOT NULL,
        PRIMARY KEY (log, sequence)
    ){strict};

    CREATE TABLE checkpoint (
        log    {text} NOT NULL,
        number {int} NOT NULL CHECK (number > 0),
        first  {int} NOT NULL,
        last   {int} NOT NULL,
        jws    {text} NOT NULL,
        leaves {bytes},
        PRIMARY KEY (log, number)
    ){strict};
    CREATE INDEX checkpoint_last ON checkpoint (log, last);

    CREATE TABLE signing_key (
        id         {text} PRIMARY KEY,
        purpose    {text} NOT NULL,
        pem        {text} NOT NULL,
        valid_from {int} NOT NULL,
        valid_to   {int},
        revoked    {int}
    ){strict};
    CREATE TABLE token (
        id      {text} PRIMARY KEY,
        hash    {bytes} NOT NULL,
        name    {text} NOT NULL,
        roles   {text} NOT NULL,
        scope   {text} NOT NULL,
        made    {int} NOT NULL,
        expires {int},
        revoked {int}
    ){strict};
    CREATE UNIQUE INDEX token_hash ON token (hash);
    CREATE TABLE node (
        id         {text} PRIMARY KEY,
        generation {int} NOT NULL,
        engine     {text} NOT NULL,
        health     {text} NOT NULL,
        seen       {int} NOT NULL
    ){strict};
    CREATE TABLE brake (
        id        {text} PRIMARY KEY,
        kind      {text} NOT NULL,
        name      {text} NOT NULL,
        reason    {text} NOT NULL,
        actor     {text} NOT NULL,
        at        {int} NOT NULL,
        lifted_by {text},
        lifted_at {int}
    ){strict};",
        sqlite: "CREATE TRIGGER bundle_unchanged BEFORE UPDATE ON bundle
        BEGIN SELECT RAISE(ABORT, 'a bundle is never changed'); END;
    CREATE TRIGGER decision_unchanged BEFORE UPDATE ON decision
        BEGIN SELECT RAISE(ABORT, 'a record is never changed'); END;
    CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'a record is never changed'); END;
    CREATE TRIGGER audit_kept BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'a record of the audit log is never deleted'); END;
    CREATE TRIGGER decision_kept BEFORE DELETE ON decision
        WHEN NOT EXISTS (SELECT 1 FROM checkpoint WHERE log = OLD.log AND leaves IS NOT NULL
            AND OLD.sequence BETWEEN first AND last)
        BEGIN SELECT RAISE(ABORT, 'a record is deleted only after its checkpoint keeps its leaf'); END;",
        postgres: "ALTER TABLE decision ALTER COLUMN payload SET STORAGE EXTERNAL;
    CREATE FUNCTION maple_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NOT EXISTS (SELECT 1 FROM checkpoint WHERE log = OLD.log AND leaves IS NOT NULL
            AND OLD.sequence BETWEEN first AND last) THEN
            RAISE EXCEPTION 'a record is deleted only after its checkpoint keeps its leaf';
        END IF;
        RETURN OLD;
    END $$;
    CREATE TRIGGER bundle_unchanged BEFORE UPDATE ON bundle
        FOR EACH ROW EXECUTE FUNCTION maple_refuse('a bundle is never changed');
    CREATE TRIGGER decision_unchanged BEFORE UPDATE ON decision
        FOR EACH ROW EXECUTE FUNCTION maple_refuse('a record is never changed');
    CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit
        FOR EACH ROW EXECUTE FUNCTION maple_refuse('a record is never changed');
    CREATE TRIGGER audit_kept BEFORE DELETE ON audit
        FOR EACH ROW EXECUTE FUNCTION maple_refuse('a record of the audit log is never deleted');
    CREATE TRIGGER decision_kept BEFORE DELETE ON decision FOR EACH ROW EXECUTE FUNCTION maple_kept();",
    },
    // In which state policies serve is a part of what is activated, so that there is one history of it. A pack of a
    // version always has the same files.
    Step {
        both: "ALTER TABLE activation ADD COLUMN terms {text};
    DROP TABLE brake;
    CREATE TABLE pack (
        unit   {text} PRIMARY KEY,
        digest {text} NOT NULL,
        bundle {text} NOT NULL
    ){strict};",
        sqlite: "CREATE TRIGGER pack_unchanged BEFORE UPDATE ON pack
        BEGIN SELECT RAISE(ABORT, 'a version is never changed'); END;",
        postgres: "CREATE TRIGGER pack_unchanged BEFORE UPDATE ON pack
        FOR EACH ROW EXECUTE FUNCTION maple_refuse('a version is never changed');",
    },
    // What records mostly say; without it they cannot be read.
    Step {
        both: "CREATE TABLE dictionary (
        id    {int} PRIMARY KEY,
        bytes {bytes} NOT NULL
    ){strict};",
        sqlite: "CREATE TRIGGER dictionary_unchanged BEFORE UPDATE ON dictionary
        BEGIN SELECT RAISE(ABORT, 'a dictionary is never changed'); END;
    CREATE TRIGGER dictionary_kept BEFORE DELETE ON dictionary
        BEGIN SELECT RAISE(ABORT, 'a dictionary is never deleted'); END;",
        postgres: "CREATE TRIGGER dictionary_unchanged BEFORE UPDATE ON dictionary
        FOR EACH ROW EXECUTE FUNCTION maple_refuse('a dictionary is never changed');
    CREATE TRIGGER dictionary_kept BEFORE DELETE ON dictionary
        FOR EACH ROW EXECUTE FUNCTION maple_refuse('a dictionary is never deleted');",
    },
    // The life of disputes: what happened, where each stands, and what is counted of them at each level of the tree.
    Step {
        both: "CREATE TABLE dispute (
        id           {text} PRIMARY KEY,
        locality     {text},
        kind         {text},
        origin       {text},
        organisation {text},
        place        {text},
        project      {text},
        decision     {text},
        station      {text},
        mediator     {text},
        channel      {text},
        stage        {text},
        since        {int},
        registered   {int},
        closed       {int},
        looked       {int} NOT NULL DEFAULT 0
    ){strict};
    CREATE INDEX dispute_unlooked ON dispute (registered) WHERE looked = 0 AND registered IS NOT NULL;
    CREATE INDEX dispute_locality ON dispute (locality, registered);
    CREATE INDEX dispute_stage ON dispute (stage, since);
    CREATE INDEX dispute_organisation ON dispute (organisation, registered) WHERE organisation IS NOT NULL;
    CREATE INDEX dispute_place ON dispute (place, registered) WHERE place IS NOT NULL;
    CREATE INDEX dispute_project ON dispute (project, registered) WHERE project IS NOT NULL;
    CREATE INDEX dispute_station ON dispute (station, registered) WHERE station IS NOT NULL;
    CREATE INDEX dispute_kind ON dispute (kind, registered);
    CREATE TABLE event (
        source   {text} NOT NULL,
        id       {text} NOT NULL,
        dispute  {text} NOT NULL,
        at       {int} NOT NULL,
        received {int} NOT NULL,
        what     {text} NOT NULL,
        refs     {text} NOT NULL,
        standing {int} NOT NULL,
        PRIMARY KEY (source, id)
    ){strict};
    CREATE INDEX event_dispute ON event (dispute, at);
    CREATE INDEX event_received ON event (received, source, id);
    CREATE TABLE signal (
        id          {text} PRIMARY KEY,
        code        {text} NOT NULL,
        level       {int} NOT NULL,
        sort        {text} NOT NULL,
        subject     {text} NOT NULL,
        locality    {text} NOT NULL,
        kind        {text} NOT NULL,
        policy      {text} NOT NULL,
        rule        {text} NOT NULL,
        basis       {text} NOT NULL,
        measures    {text} NOT NULL,
        responsible {text},
        cases       {int} NOT NULL,
        raised      {int} NOT NULL,
        latest      {int} NOT NULL,
        deadline    {int},
        expires     {int} NOT NULL,
        state       {text} NOT NULL,
        changed     {int} NOT NULL,
        actor       {text},
        escalated   {int}
    ){strict};
    CREATE INDEX signal_subject ON signal (code, sort, subject, expires);
    CREATE INDEX signal_changed ON signal (changed, id);
    CREATE INDEX signal_latest ON signal (latest, id);
    CREATE TABLE tally (
        locality {text} NOT NULL,
        kind     {text} NOT NULL,
        month    {int} NOT NULL,
        measure  {text} NOT NULL,
        bucket   {int} NOT NULL,
        count    {int} NOT NULL,
        PRIMARY KEY (locality, kind, month, measure, bucket)
    ){strict};",
        sqlite: "CREATE TRIGGER event_unchanged BEFORE UPDATE OF source, id, dispute, at, received, what, refs ON event
        BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END;",
        postgres:
            "CREATE TRIGGER event_unchanged BEFORE UPDATE OF source, id, dispute, at, received, what, refs ON event
        FOR EACH ROW EXECUTE FUNCTION maple_refuse('an event is never changed');",
    },
    // Who there is to take cases up, by ids; what was said of their capacity; plans, and who accepted them.
    Step {
        both: "CREATE TABLE station (
        id       {text} PRIMARY KEY,
        locality {text} NOT NULL,
        changed  {int} NOT NULL
    ){strict};
    CREATE INDEX station_locality ON station (locality, id);
    CREATE TABLE mediator (
        id           {text} PRIMARY KEY,
        station      {text} NOT NULL,
        skills       {text} NOT NULL,
        languages    {text} NOT NULL,
        kinds        {text} NOT NULL,
        capacity     {int} NOT NULL,
        plan_max     {int},
        cadence_days {int} NOT NULL,
        leave_days   {text} NOT NULL,
        conflicts    {text} NOT NULL,
        changed      {int} NOT NULL
    ){strict};
    CREATE INDEX mediator_station ON mediator (station, id);
    CREATE TABLE notice (
        source   {text} NOT NULL,
        id       {text} NOT NULL,
        mediator {text} NOT NULL,
        at       {int} NOT NULL,
        received {int} NOT NULL,
        body     {text} NOT NULL,
        PRIMARY KEY (source, id)
    ){strict};
    CREATE TABLE plan (
        id       {text} PRIMARY KEY,
        at       {int} NOT NULL,
        actor    {text} NOT NULL,
        locality {text} NOT NULL,
        question {text} NOT NULL,
        body     {bytes} NOT NULL
    ){strict};
    CREATE INDEX plan_at ON plan (at);
    CREATE TABLE acceptance (
        plan    {text} PRIMARY KEY,
        at      {int} NOT NULL,
        actor   {text} NOT NULL,
        outcome {text}
    ){strict};",
        sqlite: "CREATE TRIGGER plan_unchanged BEFORE UPDATE ON plan
        BEGIN SELECT RAISE(ABORT, 'a plan is never changed'); END;
    CREATE TRIGGER acceptance_unchanged BEFORE UPDATE OF plan, at, actor ON acceptance
        BEGIN SELECT RAISE(ABORT, 'an acceptance is never changed'); END;",
        postgres: "CREATE TRIGGER plan_unchanged BEFORE UPDATE ON plan
        FOR EACH ROW EXECUTE FUNCTION maple_refuse('a plan is never changed');
    CREATE TRIGGER acceptance_unchanged BEFORE UPDATE OF plan, at, actor ON acceptance
        FOR EACH ROW EXECUTE FUNCTION maple_refuse('an acceptance is never changed');",
    },
    // When each dispute is looked at again and how often it changed since; suits and desks to be counted; what of a
    // dispute's life was told already, which signals end by themselves, and what was said of signals.
    Step {
        both: "ALTER TABLE dispute ADD COLUMN turn {int} NOT NULL DEFAULT 0;
    ALTER TABLE dispute ADD COLUMN look_at {int};
    ALTER TABLE dispute ADD COLUMN filed {int};
    UPDATE dispute SET look_at = registered WHERE registered IS NOT NULL;
    UPDATE dispute SET filed = (SELECT min(at) FROM event WHERE event.dispute = dispute.id AND event.standing = 0
        AND event.what = 'case.filed_in_court');
    DROP INDEX dispute_unlooked;
    DROP INDEX dispute_kind;
    CREATE INDEX dispute_look ON dispute (look_at) WHERE look_at IS NOT NULL;
    CREATE INDEX dispute_suit ON dispute (organisation, filed) WHERE filed IS NOT NULL;
    CREATE INDEX dispute_kind ON dispute (kind, locality, registered);
    CREATE INDEX dispute_desk ON dispute (station, stage, mediator, since);
    ALTER TABLE signal ADD COLUMN clock {int} NOT NULL DEFAULT 0;
    CREATE INDEX signal_clock ON signal (subject) WHERE clock = 1;
    CREATE TABLE told (
        dispute {text} NOT NULL,
        code    {text} NOT NULL,
        since   {int} NOT NULL,
        level   {int} NOT NULL,
        PRIMARY KEY (dispute, code, since)
    ){strict};
    CREATE TABLE verdict (
        source   {text} NOT NULL,
        id       {text} NOT NULL,
        signal   {text} NOT NULL,
        at       {int} NOT NULL,
        received {int} NOT NULL,
        state    {text} NOT NULL,
        PRIMARY KEY (source, id)
    ){strict};",
        sqlite: "CREATE TRIGGER verdict_unchanged BEFORE UPDATE ON verdict
        BEGIN SELECT RAISE(ABORT, 'what was said of a signal is never changed'); END;",
        postgres: "CREATE TRIGGER verdict_unchanged BEFORE UPDATE ON verdict
        FOR EACH ROW EXECUTE FUNCTION maple_refuse('what was said of a signal is never changed');",
    },
    // How far disputes come, by the month in which they were registered. What stood here before is counted once the
    // service runs: `counted` says of which it was done.
    Step {
        both: "CREATE TABLE course (
        locality {text} NOT NULL,
        month    {int} NOT NULL,
        kind     {text} NOT NULL,
        channel  {text} NOT NULL,
        mark     {text} NOT NULL,
        bucket   {int} NOT NULL,
        count    {int} NOT NULL,
        PRIMARY KEY (locality, month, kind, channel, mark, bucket)
    ){strict};
    ALTER TABLE dispute ADD COLUMN counted {int} NOT NULL DEFAULT 0;
    CREATE INDEX dispute_uncounted ON dispute (id) WHERE counted = 0;",
        sqlite: "",
        postgres: "",
    },
    // Signals know when they were issued, taken up and ended; what is open and what waits is found without reading the rest.
    Step {
        both: "ALTER TABLE signal ADD COLUMN issued {int} NOT NULL DEFAULT 0;
    ALTER TABLE signal ADD COLUMN acknowledged {int};
    ALTER TABLE signal ADD COLUMN ended {int};
    UPDATE signal SET issued = raised;
    UPDATE signal SET ended = changed WHERE state IN ('handled', 'false_alarm');
    CREATE INDEX signal_open ON signal (expires) WHERE state IN ('raised', 'acknowledged');
    CREATE INDEX signal_ended ON signal (ended, id) WHERE ended IS NOT NULL;
    CREATE INDEX signal_issued ON signal (issued, locality, code, state, expires, acknowledged, ended);
    CREATE INDEX dispute_waiting ON dispute (locality, registered) WHERE stage IN ('consented', 'declined', 'assigned');
    CREATE INDEX dispute_at_station ON dispute (station)
        WHERE stage IN ('assigned', 'accepted_by_mediator', 'in_mediation', 'partly_agreed', 'declined');
    CREATE INDEX dispute_at_mediator ON dispute (mediator)
        WHERE stage IN ('assigned', 'accepted_by_mediator', 'in_mediation', 'partly_agreed');
    CREATE INDEX plan_locality ON plan (locality, at);",
        sqlite: "",
        postgres: "",
    },
    // Who is told what happened, how far each is, and what it did not take; what the month's return counts.
    Step {
        both: "ALTER TABLE dispute ADD COLUMN committee {text};
    CREATE INDEX event_concluded ON event (at) WHERE standing = 0 AND (what >= 'agreement.recorded ' AND what <
        'agreement.recorded~' OR what >= 'mediation.failed ' AND what < 'mediation.failed~');
    CREATE TABLE recipient (
        name   {text} PRIMARY KEY,
        wanted {text} NOT NULL,
        holder {text},
        until  {int} NOT NULL,
        seen   {int} NOT NULL
    ){strict};
    CREATE TABLE progress (
        target   {text} NOT NULL,
        stream   {text} NOT NULL,
        position {int} NOT NULL,
        PRIMARY KEY (target, stream)
    ){strict};
    CREATE INDEX progress_stream ON progress (stream, position);
    CREATE TABLE outbox (
        number {int} PRIMARY KEY,
        at     {int} NOT NULL,
        new    {int} NOT NULL,
        body   {text} NOT NULL
    ){strict};
    CREATE TABLE delivery (
        target   {text} NOT NULL,
        event    {text} NOT NULL,
        what     {text} NOT NULL,
        at       {int} NOT NULL,
        body     {text} NOT NULL,
        attempts {int} NOT NULL,
        due      {int} NOT NULL,
        state    {text} NOT NULL,
        why      {text} NOT NULL,
        PRIMARY KEY (target, event)
    ){strict};
    CREATE INDEX delivery_due ON delivery (target, state, due);",
        sqlite: "CREATE TRIGGER outbox_unchanged BEFORE UPDATE ON outbox
        BEGIN SELECT RAISE(ABORT, 'what happened is never changed'); END;",
        postgres: "CREATE TRIGGER outbox_unchanged BEFORE UPDATE ON outbox
        FOR EACH ROW EXECUTE FUNCTION maple_refuse('what happened is never changed');",
    },
    // What courts are asked about agreements counts in the month of the agreement: it is counted anew, with what was not
    // counted before, once the service runs. What is counted for a case is read from an index alone, stages are listed by
    // their index, a month of the return is found by it.
    Step {
        both: "DELETE FROM tally WHERE measure IN ('confirmations_filed', 'confirmations_decided', 'confirmations_granted');
    DROP INDEX dispute_uncounted;
    CREATE INDEX dispute_uncounted ON dispute (id) WHERE counted < 2;
    ALTER TABLE dispute ADD COLUMN first_closed {int};
    UPDATE dispute SET first_closed = (SELECT min(at) FROM event WHERE event.dispute = dispute.id AND event.standing = 0
        AND event.what >= 'case.closed ' AND event.what < 'case.closed~');
    DROP INDEX dispute_organisation;
    CREATE INDEX dispute_organisation ON dispute (organisation, registered, kind) WHERE organisation IS NOT NULL;
    DROP INDEX dispute_place;
    CREATE INDEX dispute_place ON dispute (place, registered, kind) WHERE place IS NOT NULL;
    DROP INDEX dispute_project;
    CREATE INDEX dispute_project ON dispute (project, registered, kind) WHERE project IS NOT NULL;
    DROP INDEX dispute_suit;
    CREATE INDEX dispute_suit ON dispute (organisation, filed, kind) WHERE filed IS NOT NULL;
    DROP INDEX dispute_station;
    CREATE INDEX dispute_station ON dispute (station, closed, registered, first_closed) WHERE station IS NOT NULL;
    DROP INDEX dispute_stage;
    CREATE INDEX dispute_stage ON dispute (stage, id);
    CREATE INDEX dispute_registered ON dispute (registered, locality);",
        sqlite: "",
        postgres: "",
    },
    // What a registration says of the case itself stands with the event, and is as little changed as the rest of it.
    Step {
        both: "ALTER TABLE event ADD COLUMN facts {text};",
        sqlite: "DROP TRIGGER event_unchanged;
    CREATE TRIGGER event_unchanged BEFORE UPDATE OF source, id, dispute, at, received, what, refs, facts ON event
        BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END;",
        postgres: "DROP TRIGGER event_unchanged ON event;
    CREATE TRIGGER event_unchanged BEFORE UPDATE OF source, id, dispute, at, received, what, refs, facts ON event
        FOR EACH ROW EXECUTE FUNCTION maple_refuse('an event is never changed');",
    },
    // Those at a station that came after one that is told late lie in their order.
    Step {
        both: "CREATE INDEX dispute_came ON dispute (station, registered) WHERE station IS NOT NULL;",
        sqlite: "",
        postgres: "",
    },
];
