package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

import io.github.pgdispatch.gateway.Claim;
import io.github.pgdispatch.gateway.ClaimGateway;
import io.github.pgdispatch.gateway.ClaimRequest;
import io.github.pgdispatch.log.OneLineLog;

/**
 * Claims jobs one by one for a while after the database has refused a claim of several,
 * so that a job that cannot be claimed does not hold back the others. Not thread-safe.
 */
final class RefusedClaims {

	private static final OneLineLog logger = OneLineLog.of(RefusedClaims.class);

	private static final Duration A_WHILE = Duration.ofSeconds(10);

	private final ClaimGateway gateway;

	private long refusedAt;

	private boolean refused;

	RefusedClaims(ClaimGateway gateway) {
		this.gateway = gateway;
	}

	List<Claim> claim(List<ClaimRequest> requests, int maxJobs) throws SQLException {
		if (this.refused && System.nanoTime() - this.refusedAt < A_WHILE.toNanos()) {
			return claimSingly(requests, maxJobs);
		}
		try {
			List<Claim> claims = this.gateway.claim(requests, maxJobs);
			this.refused = false;
			return claims;
		}
		catch (SQLException ex) {
			LostDatabase.rethrow(ex);
			List<Claim> claims = claimSingly(requests, maxJobs);
			if (!this.refused) {
				logger.warn("The database refuses the claim of a job, which waits. The others are claimed one by one: "
						+ Causes.describe(ex));
			}
			this.refused = true;
			this.refusedAt = System.nanoTime();
			return claims;
		}
	}

	private List<Claim> claimSingly(List<ClaimRequest> requests, int maxJobs) throws SQLException {
		return this.gateway.claimSingly(requests.stream().map(ClaimRequest::handler).toList(), maxJobs);
	}

}
