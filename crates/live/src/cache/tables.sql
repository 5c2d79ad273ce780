-- What was read of a tenant, so that the next plan reads only what changed. Safe to delete.
-- Times are seconds since 1970.

CREATE TABLE source (
    id       INTEGER PRIMARY KEY,
    endpoint TEXT NOT NULL,
    tenant   TEXT NOT NULL,
    caller   TEXT NOT NULL,
    UNIQUE (endpoint, tenant, caller)
) STRICT;

CREATE TABLE collection (
    source     INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    -- JSON array of the Graph properties that every object has here.
    properties TEXT NOT NULL,
    -- Where the next changes are: a path below the version root.
    changes    TEXT NOT NULL,
    full_at    INTEGER NOT NULL,
    read_at    INTEGER NOT NULL,
    PRIMARY KEY (source, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE object (
    source     INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    id         TEXT NOT NULL,
    -- JSON object of Graph properties.
    properties TEXT NOT NULL,
    PRIMARY KEY (source, kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE link (
    source     INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    id         TEXT NOT NULL,
    navigation TEXT NOT NULL,
    -- JSON object: ids by entity type.
    targets    TEXT NOT NULL,
    PRIMARY KEY (source, kind, id, navigation)
) STRICT, WITHOUT ROWID;

-- Objects about which the next answers are not believed: written to, or changed, moments ago.
CREATE TABLE unsettled (
    source INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    kind   TEXT NOT NULL,
    id     TEXT NOT NULL,
    since  INTEGER NOT NULL,
    -- Whether that holds for its links too.
    links  INTEGER NOT NULL,
    PRIMARY KEY (source, kind, id)
) STRICT, WITHOUT ROWID;

-- Runs that write to the tenant, or did when they were killed: what was read before them is not believed.
CREATE TABLE writing (
    source INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    run    TEXT NOT NULL,
    since  INTEGER NOT NULL,
    PRIMARY KEY (source, run)
) STRICT, WITHOUT ROWID;
