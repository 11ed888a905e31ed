/**
 * What the API answers when it cannot do what was asked: a status and {"error":{code,message,hint}}. Codes are stable.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly statusCode: number
  readonly code: string
  readonly hint: string

  constructor(statusCode: number, code: string, message: string, hint = '') {
    super(message)
    this.statusCode = statusCode
    this.code = code
    this.hint = hint
  }
}

/** Body of every answer that is not a success. */
export interface ErrorDocument {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string }
}

export function errorDocument(code: string, message: string, hint = ''): ErrorDocument {
  return { error: { code, message, hint } }
}

/** A parameter that cannot be read. */
export function badParameter(name: string, value: string, hint: string): ApiError {
  return new ApiError(400, 'bad-parameter', `${name}: ${JSON.stringify(value)} cannot be read`, hint)
}
