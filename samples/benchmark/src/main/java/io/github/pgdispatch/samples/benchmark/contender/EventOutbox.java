package io.github.pgdispatch.samples.benchmark.contender;

import java.util.List;
import java.util.function.LongConsumer;

import com.zaxxer.hikari.HikariDataSource;

import org.springframework.transaction.PlatformTransactionManager;

/**
 * pg-dispatch as the outbox of Spring Modulith.
 */
public enum EventOutbox implements Contender {

	/**
	 * Events are sent in any order.
	 */
	UNORDERED("pg-dispatch, outbox", "pgdispatch.modulith.in-order=false"),

	/**
	 * Events of a routing key are sent in order.
	 */
	IN_ORDER("pg-dispatch, outbox in order", "pgdispatch.modulith.in-order=true");

	private final String title;

	private final NodeSettings settings;

	EventOutbox(String title, String order) {
		this.title = title;
		this.settings = new NodeSettings(List.of(EventJobs.Transport.class),
				List.of("spring.modulith.events.externalization.mode=outbox", order));
	}

	@Override
	public Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		return new PgDispatchApplication(dataSource, transactionManager, threads, body, EventJobs.class, this.settings);
	}

	@Override
	public String toString() {
		return this.title;
	}

}
