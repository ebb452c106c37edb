/** Forms of a word by Intl.PluralRules; `other` also serves fractions and categories that are not given. */
export type Forms = { one: string; few?: string; many?: string; other: string };

export function pluralOf(language: string): (n: number, forms: Forms) => string {
  const rules = new Intl.PluralRules(language);
  return (n, forms) => {
    const category = rules.select(n);
    return (category in forms && forms[category as keyof Forms]) || forms.other;
  };
}
