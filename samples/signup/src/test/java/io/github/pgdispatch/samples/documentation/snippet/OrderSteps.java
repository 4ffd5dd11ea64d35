package io.github.pgdispatch.samples.documentation.snippet;

import java.time.Duration;
import java.util.List;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.IdempotencyKeyInterceptor;

import org.springframework.context.annotation.Bean;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.web.client.RestClient;

class OrderSteps {

	private final Payments payments;

	private final Stock stock;

	private final Shop shop;

	OrderSteps(Payments payments, Stock stock, Shop shop) {
		this.payments = payments;
		this.stock = stock;
		this.shop = shop;
	}

	@AfterCommitDispatch
	void process(long orderId, DispatchContext context) {
		Receipt receipt = context.step("charge", Receipt.class, () -> this.payments.charge(orderId));
		context.transactionalStep("reserve", () -> this.stock.reserve(orderId));
		context.step("mail", () -> this.shop.confirm(orderId, receipt));
	}

	@AfterCommitDispatch
	void remind(long orderId, DispatchContext context) {
		for (int week = 1; week <= 3 && !this.shop.isPaid(orderId); week++) {
			context.step("remind " + week, () -> this.shop.remind(orderId));
			context.sleep("week " + week, Duration.ofDays(7));
		}
	}

	@AfterCommitDispatch
	void pack(long orderId, DispatchContext context) {
		List<String> parcels = context.transactionalStep("pack", new ParameterizedTypeReference<List<String>>() {
		}, () -> this.stock.pack(orderId));
		for (String parcel : parcels) {
			context.step("send " + parcel, () -> this.shop.send(parcel));
		}
	}

	static class Clients {

		@Bean
		RestClient payments(RestClient.Builder builder, IdempotencyKeyInterceptor idempotencyKeys) {
			return builder.baseUrl("https://payments.example.com").requestInterceptor(idempotencyKeys).build();
		}

	}

	interface Payments {

		Receipt charge(long orderId);

	}

	interface Stock {

		void reserve(long orderId);

		List<String> pack(long orderId);

	}

	interface Shop {

		void confirm(long orderId, Receipt receipt);

		boolean isPaid(long orderId);

		void remind(long orderId);

		void send(String parcel);

	}

	record Receipt(String number) {

	}

}
