/* shape_names.h: what is known of SENAITE's schemas by name.
 *
 * Source: SENAITE 2.6.0, objects of a whole lab read both exactly and through
 * senaite.jsonapi, and compared.
 */
#ifndef SATCHEL_SHAPE_NAMES_H
#define SATCHEL_SHAPE_NAMES_H

#include "../../base/buf.h"
#include "../../base/json_scan.h"

/* Is `name` no field of an object of this type, but a column, a computed
 * value or a member of its own in a document?  `columns`: shape_columns. */
int shape_is_noise(struct json_span type, struct json_span name,
    const struct buf *columns);

/* What an empty Archetypes field holds that is shown as null or {}: its JSON
 * text, as "\"\"" or "[]"; "null" where null is meant; NULL if not known. */
const char *shape_empty(struct json_span type, struct json_span name);

/* A member of what plone.restapi tells of a Dexterity object that is a field
 * of it. */
int shape_is_extra(struct json_span name);

/* A field whose content is an attachment. */
int shape_is_file(struct json_span name);

/* A Dexterity field that holds a length of time. */
int shape_is_duration(struct json_span name);

/* An Archetypes field that shows its reference as bare text. */
int shape_is_bare_reference(struct json_span type, struct json_span name);

#endif
