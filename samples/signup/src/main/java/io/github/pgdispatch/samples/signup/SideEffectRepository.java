package io.github.pgdispatch.samples.signup;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

@Repository
class SideEffectRepository {

	private final JdbcClient jdbc;

	SideEffectRepository(JdbcClient jdbc) {
		this.jdbc = jdbc;
	}

	List<SideEffect> findByProfile(long profileId) {
		return this.jdbc.sql("SELECT * FROM signup.timed_side_effect WHERE profile_id = ? ORDER BY finished_at")
			.param(profileId)
			.query(SideEffect.class)
			.list();
	}

	/**
	 * The newest sign-ups, the latest one first.
	 */
	List<RecentSignUp> findRecentSignUps(int limit) {
		Map<Long, List<SideEffect>> sideEffects = this.jdbc.sql("""
				SELECT * FROM signup.timed_side_effect
				WHERE profile_id IN (SELECT id FROM signup.profile ORDER BY id DESC LIMIT ?) ORDER BY finished_at""")
			.param(limit)
			.query(SideEffect.class)
			.stream()
			.collect(Collectors.groupingBy(SideEffect::profileId));
		return this.jdbc.sql("""
				SELECT id, name, round(extract(epoch FROM clock_timestamp() - created_at) * 1000)::bigint AS age_millis
				FROM signup.profile ORDER BY id DESC LIMIT ?""")
			.param(limit)
			.query((row, number) -> new RecentSignUp(row.getLong("id"), row.getString("name"),
					row.getLong("age_millis"), sideEffects.getOrDefault(row.getLong("id"), List.of())))
			.list();
	}

	List<SideEffect> findRecent() {
		return this.jdbc.sql("""
				SELECT * FROM signup.timed_side_effect
				WHERE finished_at > clock_timestamp() - interval '10 seconds' ORDER BY finished_at""")
			.query(SideEffect.class)
			.list();
	}

}
