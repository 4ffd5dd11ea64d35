package io.github.pgdispatch.samples.documentation.snippet;

import java.util.ArrayList;
import java.util.List;

import io.github.pgdispatch.samples.documentation.snippet.OrderSteps.Receipt;
import io.github.pgdispatch.samples.documentation.snippet.OrderSteps.Shop;
import io.github.pgdispatch.samples.documentation.snippet.OrderSteps.Stock;
import io.github.pgdispatch.testing.TestDispatchContext;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests that steps do what their page says, without a database.
 */
class OrderStepsTests {

	private final List<String> effects = new ArrayList<>();

	private final FailingShop shop = new FailingShop();

	private final OrderSteps orders = new OrderSteps(this::charge, new SmallStock(), this.shop);

	private Receipt charge(long orderId) {
		this.effects.add("charge");
		return new Receipt("R-" + orderId);
	}

	@Test
	void anOrderIsChargedOnceAlthoughItsMailFails() {
		TestDispatchContext context = new TestDispatchContext();
		assertThatIllegalStateException().isThrownBy(() -> this.orders.process(7, context));
		assertThat(context.steps()).containsExactly("charge", "reserve");

		this.shop.works = true;
		this.orders.process(7, context.nextAttempt());
		assertThat(this.effects).containsExactly("charge", "reserve", "mail R-7");
	}

	@Test
	void parcelsAreSentOnce() {
		TestDispatchContext context = new TestDispatchContext();
		this.orders.pack(7, context);
		assertThat(context.steps()).containsExactly("pack", "send a", "send b");
	}

	private final class SmallStock implements Stock {

		@Override
		public void reserve(long orderId) {
			OrderStepsTests.this.effects.add("reserve");
		}

		@Override
		public List<String> pack(long orderId) {
			return List.of("a", "b");
		}

	}

	private final class FailingShop implements Shop {

		private boolean works;

		@Override
		public void confirm(long orderId, Receipt receipt) {
			if (!this.works) {
				throw new IllegalStateException("The mail server is not there");
			}
			OrderStepsTests.this.effects.add("mail " + receipt.number());
		}

		@Override
		public boolean isPaid(long orderId) {
			return false;
		}

		@Override
		public void remind(long orderId) {
			OrderStepsTests.this.effects.add("remind");
		}

		@Override
		public void send(String parcel) {
			OrderStepsTests.this.effects.add("send " + parcel);
		}

	}

}
