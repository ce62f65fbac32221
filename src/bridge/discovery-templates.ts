/**
 * Every template that goes into a document. They stay free of errors for each payload their topic can carry, `None`
 * included: a template that fails keeps the old state and fills Home Assistant's log.
 */

/** A member of a JSON object; JSON null becomes the text `None`. */
export const member = (key: string): string => `{{ value_json.${key} }}`;

/** How long a list is. */
export const LIST_LENGTH = "{{ value_json | count if value_json is defined else 'None' }}";

/** A list as an attribute; attributes must be an object. */
export const LIST_ATTRIBUTE = "{{ {'entries': value_json} | to_json if value_json is defined else '{}' }}";

/** A position as attributes. Without one the tracker keeps the last: an incomplete one would be logged as a fault. */
export const POSITION_ATTRIBUTES = "{{ value if value_json is defined else '{}' }}";

/** The lock's words for a binary sensor, ON = unlocked. While a command runs the car is still as it was. */
export const UNLOCKED = "{{ 'None' if value == 'None' else 'OFF' if value in ['LOCKED', 'UNLOCKING'] else 'ON' }}";

/** A command's result as an event; `confirmed` when the car has shown the effect. */
export const RESULT_EVENT =
  "{{ {'event_type': 'confirmed' if value_json.confirmed else value_json.status, 'value': value_json.value, 'message': value_json.error.message if value_json.error else none} | to_json }}";

export const PROBLEM_ACTIVE = "{{ 'ON' if value_json.active else 'OFF' }}";

/** A number entity refuses what is outside its range, and would go on showing the last value that was inside. */
export const within = (min: number, max: number): string =>
  `{{ value if ${min} <= value | float(${min - 1}) <= ${max} else 'None' }}`;

/** The value of a raw signal's document; the last known one while an error stands. */
export const SIGNAL_VALUE = "{{ value_json.body.value if value_json.body else None }}";
