package io.github.pgdispatch.gateway;

/**
 * A row that was written for a node to claim.
 *
 * @param claim of the node
 * @param ctid the physical place of the row in its table, as PostgreSQL writes it
 * @param isClaimed whether the database wrote the claim; otherwise the job waits for
 * whoever claims it
 * @param inSavepoint whether the row was written within a savepoint. If not, it is there
 * exactly if the transaction commits
 */
public record ClaimedRow(Claim claim, String ctid, boolean isClaimed, boolean inSavepoint) {
}
