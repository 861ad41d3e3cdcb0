/**
 * What names and values of fields may be that a configuration gives. No thread of its own.
 */

/** RFC 9110 §5.6.2: names of fields (§5.1), methods (§9.1). */
export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** RFC 9110 §5.5, without what needs quoting care: visible ASCII, space and tab inside. */
export const FIELD_VALUE = /^(?:[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?$/
/** Characters of a value: about what servers take in one field line (Apache httpd: 8,190 octets). */
export const FIELD_VALUE_CHARS = 8_192
