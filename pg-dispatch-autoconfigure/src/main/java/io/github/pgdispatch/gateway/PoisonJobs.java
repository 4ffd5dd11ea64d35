package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * What has become of jobs during which nodes died.
 *
 * @param claims the claim on the job that the node is to run alone; empty if none is due
 * @param dead the jobs that are dead letters now, as too many nodes died
 */
public record PoisonJobs(List<Claim> claims, List<Dead> dead) {

	static final PoisonJobs NONE = new PoisonJobs(List.of(), List.of());

	static PoisonJobs of(ResultSet rows) throws SQLException {
		List<Claim> claims = new ArrayList<>();
		List<Dead> dead = new ArrayList<>();
		do {
			Claim claim = Claim.of(rows);
			if (rows.getString("claimed_by") != null) {
				claims.add(claim);
			}
			else {
				dead.add(new Dead(claim, rows.getString("sqlstate"), rows.getString("message")));
			}
		}
		while (rows.next());
		return new PoisonJobs(List.copyOf(claims), List.copyOf(dead));
	}

	/**
	 * A job that is a dead letter.
	 *
	 * @param claim the last claim on the job
	 * @param sqlState the SQLSTATE of the dead letter
	 * @param message of the dead letter
	 */
	public record Dead(Claim claim, String sqlState, String message) {

	}

}
