/* schema.h: the tables of a store (docs/architecture.md, "What a site
 * remembers").  A new store is made as schema 1, and then brought up like an
 * old one. */
#ifndef SATCHEL_SCHEMA_H
#define SATCHEL_SCHEMA_H

extern const char schema_pragmas[];	/* before the first table */
extern const char schema_tables[];	/* schema 1 */
extern const char schema_2[];		/* from 1 to 2 */
extern const char schema_instance[];	/* of a mirror's store besides */

#endif
