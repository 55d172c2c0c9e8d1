/** The request header with the token from the address of a private page. */
export const TOKEN_HEADER = 'sitedrive-token'
