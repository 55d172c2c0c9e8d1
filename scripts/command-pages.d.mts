export function generatedParts(): Map<string, [heading: string, next: string, part: string][]>
export function withParts(page: string, parts: [heading: string, next: string, part: string][]): string
