package io.github.pgdispatch.samples.outbox;

record NewOrder(String customer, String item) {

}
