/* Reading JSON strictly: what is not known, of another type or out of range is one sentence that says where it stands.
 *
 * Only the first thing that is wrong is told; after it all of these answer as if nothing were there. */
#ifndef TOOLS_JSON_PLACE_H
#define TOOLS_JSON_PLACE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { JSON_PLACE_TEXT = 256 };

typedef struct {
    const char *file;
    char place[JSON_PLACE_TEXT]; /* services[0].uuid */
    size_t len;
    bool failed; /* and a sentence was printed */
} json_place;

/* "kith: FILE: PLACE: ...".  Returns false. */
bool json_place_complain(json_place *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The file's object.  NULL: it cannot be read, or is none, and a sentence was printed, with the line where that helps.
 */
json_t *json_place_load(json_place *p, const char *file);

/* Goes into a member, or an element of an array; back to what was returned. */
size_t json_place_enter(json_place *p, const char *key);
size_t json_place_enter_at(json_place *p, size_t index);
void json_place_leave(json_place *p, size_t back);

/* Is it an object with no other keys?  They end with NULL. */
bool json_place_is_object(json_place *p, json_t *value, const char *const *keys);

/* Members of an object.  Each may be missing, unless it is asked for with must. */
json_t *json_place_must(json_place *p, json_t *object, const char *key); /* NULL: a sentence was printed */
const char *json_place_text(json_place *p, json_t *object, const char *key, size_t least, size_t most);
json_t *json_place_array(json_place *p, json_t *object, const char *key, size_t most);
bool json_place_flag(json_place *p, json_t *object, const char *key);
long json_place_number(json_place *p, json_t *object, const char *key, long least, long most, long missing);

/* The value of a word, which is one of a table that ends with NULL; -1: a sentence was printed. */
typedef struct {
    const char *word;
    int value;
} json_word;
int json_place_word(json_place *p, json_t *value, const json_word *words);

#endif
