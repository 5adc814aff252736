/* schema.h: the tables of a store, schema 1 (docs/architecture.md,
 * "What a site remembers"). */
#ifndef SATCHEL_SCHEMA_H
#define SATCHEL_SCHEMA_H

extern const char schema_pragmas[];	/* before the first table */
extern const char schema_tables[];
extern const char schema_instance[];	/* of a mirror's store besides */

#endif
