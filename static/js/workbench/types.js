// @ts-check
/**
 * The shapes that the workbench's modules share. Offsets (`start`, `end`) are Unicode code points, `end` exclusive.
 *
 * @typedef {{ amount_minor: number, currency: string }} Money
 * @typedef {{ name: string, title?: string, title_zh?: string, color?: string }} LabelConfig
 * @typedef {{
 *   name: string, type: string, title?: string, title_zh?: string, help?: string, help_zh?: string, scope?: string,
 *   labels?: (string | LabelConfig)[], multi?: boolean, required?: boolean, overlapping?: boolean,
 *   speakers?: string[], max_length?: number, min?: number, max?: number, step?: number, low?: string, low_zh?: string,
 *   high?: string, high_zh?: string, top?: number, shuffle?: boolean, from?: string, to?: string, from_labels?: string[],
 *   to_labels?: string[], directed?: boolean,
 * }} FieldConfig
 * @typedef {{ name: string, title: string, color: string, key: string }} Label  colour: c1..c8, or #rrggbb
 * @typedef {{ turn: number, start: number, end: number, label: string }} Span
 * @typedef {{ from: number, to: number, label: string }} Link  from and to: indexes into the answers of span fields
 * @typedef {{ speaker?: string, text: string }} Turn
 * @typedef {{ id: string, text: string }} Candidate
 * @typedef {{ id: string, turns?: Turn[], text?: string, pair?: [string, string], candidates?: Candidate[] }} Item
 * @typedef {Record<string, any>} Answer  one value per field name
 * @typedef {{
 *   id: string, lease_expires_at: string, item: Item, schema_version?: number, fields: FieldConfig[],
 *   suggestion?: Record<string, any>, draft?: Answer,
 * }} Assignment
 * @typedef {{
 *   field: string, turn: number | null, start?: number, end?: number, label?: string, labels?: string[],
 *   text?: string, point?: number, ranking?: string[], from?: Span, to?: Span, confidence?: number,
 * }} Suggestion  one thing that a model proposes; not part of the answer until it is accepted
 * @typedef {{ at: number, action: string, field: string, before?: any, after?: any, confidence?: number }} Edit
 * @typedef {{ values: Answer, pending: Suggestion[] }} Snapshot
 * @typedef {Snapshot & { edits: Edit[], seconds: number, touched: boolean }} Draft
 * @typedef {{ pointer: string, code: string, detail: string }} Problem
 * @typedef {{ id: string, owner: string, assignment: Assignment, draft: Draft | null, saved_at: number, order: number }} Held
 * @typedef {{
 *   id: string, owner: string, assignment: Assignment, draft: Draft, saved_at: number, not_before: number,
 *   body: { answer: Answer, seconds: number, edits: Edit[], late?: boolean },
 * }} Outgoing  an answer on its way; `id` is its Idempotency-Key
 * @typedef {{ count: number, earned?: Money, streak?: number }} Today
 * @typedef {{ field: string, kind: "span" | "suggestion", span: Span | Suggestion }} Picked
 * @typedef {{ turn: number, start: number, end: number, moving: "start" | "end" }} Selection_
 * @typedef {(key: string, values?: Record<string, string | number>) => string} Words
 */
export {};
