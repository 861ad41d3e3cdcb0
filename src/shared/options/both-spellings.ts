/**
 * BothSpellings: the type of options whose keys may be snake_case, as in files, or camelCase, as JavaScript callers write them.
 * What `fold-keys.ts` does with values, said in types. No thread of its own.
 */

/** `ca_dir` → `caDir`. */
type CamelCase<Key extends string> = Key extends `${infer First}_${infer Rest}` ? `${First}${Capitalize<CamelCase<Rest>>}` : Key

/** At any depth; maps whose keys are the user's own stay as they are. A key of several words may be left out as far as types can say. */
export type BothSpellings<Options> = Options extends readonly (infer Item)[]
  ? BothSpellings<Item>[]
  : Options extends object
    ? string extends keyof Options
      ? Options
      : {
          [Key in keyof Options as Key extends `${string}_${string}` ? never : Key]: BothSpellings<Options[Key]>
        } & {
          [Key in keyof Options as Key extends `${string}_${string}` ? Key | CamelCase<Key> : never]?: BothSpellings<Options[Key]>
        }
    : Options
