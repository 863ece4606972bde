/** One request of a batch, as it was received. */
export interface BatchRequest {
  custom_id: string;
  params: Record<string, unknown>;
}
