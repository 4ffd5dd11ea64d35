package io.github.pgdispatch.samples.outbox;

import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

@Service
class OrderService {

	private final JdbcClient jdbc;

	private final ApplicationEventPublisher events;

	OrderService(JdbcClient jdbc, ApplicationEventPublisher events) {
		this.jdbc = jdbc;
		this.events = events;
	}

	@Transactional
	OrderPlaced place(NewOrder order) {
		OrderPlaced placed = this.jdbc
			.sql("INSERT INTO placed_order (customer, item) VALUES (:customer, :item) RETURNING *")
			.paramSource(order)
			.query(OrderPlaced.class)
			.single();
		this.events.publishEvent(placed);
		return placed;
	}

}
