package io.github.pgdispatch.samples.benchmark.contender;

import java.util.stream.IntStream;

import javax.sql.DataSource;

import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.PgDispatchTemplate;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Writes jobs of two tenants to a queue. The numbers below zero are those of the other
 * tenant.
 */
class TenantDispatcher implements Dispatcher {

	static final String QUEUE = "shared";

	private final PgDispatchTemplate template;

	private final Jobs jobs;

	private final JdbcTemplate jdbc;

	TenantDispatcher(PgDispatchTemplate template, Jobs jobs, DataSource dataSource) {
		this.template = template;
		this.jobs = jobs;
		this.jdbc = new JdbcTemplate(dataSource);
	}

	@Override
	public void dispatch(long number) {
		this.template.fire(describe(number));
	}

	@Override
	public void dispatchAll(int number) {
		long first = this.template.dispatch(describe(0));
		String[] others = IntStream.range(1, number).mapToObj(Jobs::arguments).toArray(String[]::new);
		this.jdbc.query("SELECT FROM pgdispatch.dispatch_like(?, ?)", (row) -> {
		}, first, others);
	}

	private Dispatch describe(long number) {
		return this.jobs.describe(number).queue(QUEUE).fairKey((number < 0) ? "other" : "many");
	}

}
