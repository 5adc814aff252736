#include "schema.h"

const char schema_pragmas[] =
    "PRAGMA page_size=8192;"
    "PRAGMA journal_mode=DELETE;"
    "PRAGMA synchronous=EXTRA;";

const char schema_tables[] =
    "PRAGMA application_id=1398895715;"		/* "Satc" */
    "PRAGMA user_version=1;"			/* then schema_2 */

    /* Who we are: id, name, generation, nonce, counters. */
    "CREATE TABLE site(key TEXT PRIMARY KEY, value TEXT NOT NULL) "
    "WITHOUT ROWID;"

    /* Lives of sites, interned. */
    "CREATE TABLE actor(id INTEGER PRIMARY KEY, site TEXT NOT NULL, "
    "generation INTEGER NOT NULL, nonce TEXT NOT NULL, "
    "UNIQUE(site, generation, nonce));"

    /* An object; seq is its last change here (design rule 5), via the peer
     * that has this very sibling set; type and deleted are the winner's. */
    "CREATE TABLE object(id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, "
    "seq INTEGER NOT NULL UNIQUE, via INTEGER, deleted INTEGER NOT NULL, "
    "changed INTEGER NOT NULL, type TEXT NOT NULL);"

    /* Its siblings.  context and stamps NULL: empty; born NULL: the dot;
     * blobs: 32-byte hashes, one after the other. */
    "CREATE TABLE version(id INTEGER PRIMARY KEY, object INTEGER NOT NULL, "
    "actor INTEGER NOT NULL, n INTEGER NOT NULL, label INTEGER NOT NULL, "
    "born_actor INTEGER, born_n INTEGER, winner INTEGER NOT NULL, "
    "hash BLOB NOT NULL, context TEXT, stamps TEXT, blobs BLOB, "
    "content TEXT NOT NULL, UNIQUE(object, actor, n));"

    /* Objects that a person must decide. */
    "CREATE TABLE conflict(object INTEGER PRIMARY KEY, kind TEXT NOT NULL);"

    /* Attachments by content; parts are numbered blob * 2^24 + part. */
    "CREATE TABLE blob(id INTEGER PRIMARY KEY, hash BLOB UNIQUE, "
    "size INTEGER NOT NULL, parts INTEGER NOT NULL, "
    "whole INTEGER NOT NULL);"
    "CREATE TABLE part(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"

    /* Whom we trust, and what we know of each.  trusted 0: removed. */
    "CREATE TABLE peer(id INTEGER PRIMARY KEY, site TEXT NOT NULL UNIQUE, "
    "name TEXT UNIQUE, trusted INTEGER NOT NULL, "
    "revoked INTEGER NOT NULL DEFAULT 0, key_id TEXT UNIQUE, "
    "minisign TEXT, age TEXT, added INTEGER, "
    "encrypt TEXT NOT NULL DEFAULT 'no', "
    "forward INTEGER NOT NULL DEFAULT 1, "
    "life INTEGER, "				/* its newest actor */
    "acked_generation INTEGER NOT NULL DEFAULT 0, "
    "acked_sequence INTEGER NOT NULL DEFAULT 0, "
    "owed INTEGER NOT NULL DEFAULT 0, "		/* we owe a receipt */
    "heard_actor INTEGER, heard_sequence INTEGER, heard_id BLOB, "
    "last_import INTEGER, last_export INTEGER);"

    /* Streams in: how far we have applied (rule 6). */
    "CREATE TABLE applied(peer INTEGER NOT NULL, actor INTEGER NOT NULL, "
    "filter TEXT NOT NULL, until INTEGER NOT NULL, "
    "PRIMARY KEY(peer, actor, filter)) WITHOUT ROWID;"

    /* Streams out: the peer's newest statement (rule 7). */
    "CREATE TABLE acked(peer INTEGER NOT NULL, actor INTEGER NOT NULL, "
    "filter TEXT NOT NULL, until INTEGER NOT NULL, "
    "PRIMARY KEY(peer, actor, filter)) WITHOUT ROWID;"

    /* Gaps that we refused: bundles are missing below since. */
    "CREATE TABLE gap(peer INTEGER NOT NULL, actor INTEGER NOT NULL, "
    "filter TEXT NOT NULL, since INTEGER NOT NULL, "
    "PRIMARY KEY(peer, actor, filter)) WITHOUT ROWID;"

    /* Every chain head ever stated, and all our own (rule 9). */
    "CREATE TABLE head(actor INTEGER NOT NULL, n INTEGER NOT NULL, "
    "head BLOB NOT NULL, PRIMARY KEY(actor, n)) WITHOUT ROWID;"

    /* Files written in this life, and files read. */
    "CREATE TABLE file_out(sequence INTEGER PRIMARY KEY, id BLOB NOT NULL, "
    "created INTEGER NOT NULL);"
    "CREATE TABLE file_in(actor INTEGER NOT NULL, sequence INTEGER NOT NULL, "
    "id BLOB NOT NULL, PRIMARY KEY(actor, sequence)) WITHOUT ROWID;"

    /* Which bundle of a stream carried a blob; which peer sent us one. */
    "CREATE TABLE blob_sent(peer INTEGER NOT NULL, filter TEXT NOT NULL, "
    "blob INTEGER NOT NULL, until INTEGER NOT NULL, "
    "PRIMARY KEY(peer, filter, blob)) WITHOUT ROWID;"
    "CREATE TABLE blob_got(peer INTEGER NOT NULL, blob INTEGER NOT NULL, "
    "PRIMARY KEY(peer, blob)) WITHOUT ROWID;"

    /* Digest of the agreed state, a sum for each type (rule 13). */
    "CREATE TABLE digest(type TEXT PRIMARY KEY, sum BLOB NOT NULL) "
    "WITHOUT ROWID;"

    /* What was done here, append-only. */
    "CREATE TABLE log(id INTEGER PRIMARY KEY, time INTEGER NOT NULL, "
    "event TEXT NOT NULL, peer TEXT, file TEXT, detail TEXT NOT NULL);"
    "CREATE TRIGGER log_keep BEFORE DELETE ON log BEGIN "
    "SELECT raise(ABORT, 'the log is append-only'); END;"
    /* REPLACE deletes without asking log_keep. */
    "CREATE TRIGGER log_once BEFORE INSERT ON log "
    "WHEN EXISTS(SELECT 1 FROM log WHERE id=new.id) BEGIN "
    "SELECT raise(ABORT, 'the log is append-only'); END;"
    "CREATE TRIGGER log_still BEFORE UPDATE ON log BEGIN "
    "SELECT raise(ABORT, 'the log is append-only'); END;";

/* What schema 1 did not have: signs of life, promises, wishes of peers;
 * drops. */
const char schema_2[] =
    /* The newest file of a peer, by its generation and sequence, that was
     * seen to be its own and for us, applied or refused; and when. */
    "ALTER TABLE peer ADD COLUMN seen_generation INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE peer ADD COLUMN seen_sequence INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE peer ADD COLUMN last_heard INTEGER;"
    "UPDATE peer SET seen_generation=coalesce((SELECT generation FROM actor "
    "WHERE id=heard_actor),0),seen_sequence=coalesce(heard_sequence,0),"
    "last_heard=last_import;"

    /* What we state to a peer changed after our file `stated` (NULL: there is
     * nothing to state); the newest file of our present life that it has read;
     * and our newest when it asked the last time. */
    "ALTER TABLE peer ADD COLUMN stated INTEGER;"
    "ALTER TABLE peer ADD COLUMN reads INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE peer ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;"
    "UPDATE peer SET stated=(SELECT CAST(value AS INTEGER) FROM site WHERE "
    "key='sequence') WHERE owed=1;"

    /* The seconds within which a peer promised its next file (0: it did not),
     * and after how many its silence is an alarm here (NULL: by its promise;
     * 0: never). */
    "ALTER TABLE peer ADD COLUMN cadence INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE peer ADD COLUMN silent_after INTEGER;"

    /* When a gap was first met (NULL: before there was this column). */
    "ALTER TABLE gap ADD COLUMN first INTEGER;"

    /* Attachments that the newest request of a peer asked for and that no
     * export carried since; that request's file. */
    "ALTER TABLE peer ADD COLUMN wanted_generation INTEGER NOT NULL "
    "DEFAULT 0;"
    "ALTER TABLE peer ADD COLUMN wanted_sequence INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE wanted(peer INTEGER NOT NULL, hash BLOB NOT NULL, "
    "PRIMARY KEY(peer, hash)) WITHOUT ROWID;"

    /* Drops: folders on shared storage; whom each serves, when a file for it
     * was last written there, and since when what lies there waits for it
     * without its watermark moving. */
    "CREATE TABLE drops(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, "
    "path TEXT NOT NULL UNIQUE, mark TEXT NOT NULL, keep INTEGER NOT NULL, "
    "together INTEGER NOT NULL, removable INTEGER NOT NULL, "
    "reached INTEGER);"
    "CREATE TABLE drop_peer(depot INTEGER NOT NULL, peer INTEGER NOT NULL, "
    "written INTEGER NOT NULL DEFAULT 0, waits INTEGER NOT NULL DEFAULT 0, "
    "acked INTEGER NOT NULL DEFAULT 0, "
    "PRIMARY KEY(depot, peer)) WITHOUT ROWID;"

    /* Files seen in a drop, as they were; of our own what retention asks. */
    "CREATE TABLE drop_file(depot INTEGER NOT NULL, name BLOB NOT NULL, "
    "size INTEGER NOT NULL, inode INTEGER NOT NULL, mtime INTEGER NOT NULL, "
    "what INTEGER NOT NULL, first INTEGER NOT NULL, kind INTEGER, "
    "actor INTEGER, sequence INTEGER, since INTEGER, until INTEGER, "
    "filter TEXT, addressees TEXT, freed INTEGER, "
    "PRIMARY KEY(depot, name)) WITHOUT ROWID;"

    /* Media by serial: when files for others were last written to one, and
     * when it was last seen again. */
    "CREATE TABLE medium(serial TEXT PRIMARY KEY, label TEXT, fs TEXT, "
    "left_at INTEGER NOT NULL, back_at INTEGER, peers TEXT NOT NULL) "
    "WITHOUT ROWID;"

    "PRAGMA user_version=2;";

const char schema_instance[] =
    /* Objects and their names in the instance.  remote NULL: is not there;
     * seq: of the object when it was shown; why: what is not held. */
    "CREATE TABLE instance_object(id INTEGER PRIMARY KEY, "
    "uid TEXT NOT NULL UNIQUE, remote TEXT UNIQUE, remote_id TEXT NOT NULL, "
    "seq INTEGER NOT NULL, seen INTEGER NOT NULL, state INTEGER NOT NULL, "
    "why TEXT NOT NULL, tries INTEGER NOT NULL);"
    "CREATE INDEX instance_object_state ON instance_object(state) "
    "WHERE state<>0;"

    /* The document last read of each, one zstd frame; apart, so that the
     * names are quick to walk. */
    "CREATE TABLE instance_doc(id INTEGER PRIMARY KEY, doc BLOB NOT NULL);"

    /* Versions that the instance shows, and those of them that are siblings
     * no longer. */
    "CREATE TABLE instance_show(object INTEGER NOT NULL, "
    "actor INTEGER NOT NULL, n INTEGER NOT NULL, "
    "PRIMARY KEY(object, actor, n)) WITHOUT ROWID;"
    "CREATE TABLE instance_kept(id INTEGER PRIMARY KEY, "
    "object INTEGER NOT NULL, actor INTEGER NOT NULL, n INTEGER NOT NULL, "
    "label INTEGER NOT NULL, born_actor INTEGER, born_n INTEGER, "
    "winner INTEGER NOT NULL, hash BLOB NOT NULL, context TEXT, stamps TEXT, "
    "blobs BLOB, content TEXT NOT NULL, UNIQUE(object, actor, n));"
    "CREATE TRIGGER instance_keep BEFORE DELETE ON version "
    "WHEN EXISTS(SELECT 1 FROM instance_show WHERE object=old.object AND "
    "actor=old.actor AND n=old.n) BEGIN "
    "INSERT OR IGNORE INTO instance_kept(object,actor,n,label,born_actor,"
    "born_n,winner,hash,context,stamps,blobs,content) VALUES(old.object,"
    "old.actor,old.n,old.label,old.born_actor,old.born_n,0,old.hash,"
    "old.context,old.stamps,old.blobs,old.content); END;"

    /* Attachments read there, and other texts to remember. */
    "CREATE TABLE instance_blob(uid TEXT NOT NULL, field TEXT NOT NULL, "
    "token TEXT NOT NULL, hash BLOB NOT NULL, size INTEGER NOT NULL, "
    "PRIMARY KEY(uid, field, token)) WITHOUT ROWID;"
    "CREATE TABLE instance_note(key TEXT PRIMARY KEY, value TEXT NOT NULL) "
    "WITHOUT ROWID;"

    /* What is to be projected, numbered as it came in. */
    "CREATE TABLE instance_due(n INTEGER PRIMARY KEY, "
    "uid TEXT NOT NULL UNIQUE, parent TEXT, deleted INTEGER NOT NULL, "
    "pass INTEGER NOT NULL, depth INTEGER, rank INTEGER NOT NULL);"
    "CREATE INDEX instance_due_parent ON instance_due(parent);"
    "CREATE INDEX instance_due_order ON instance_due(pass, depth, rank, "
    "uid);";
